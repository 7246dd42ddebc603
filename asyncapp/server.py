"""How a process of gunicorn ends: requests that wait for a task are answered first, then all others finish.

In the sync case gunicorn's worker with request threads, in the async case uvicorn's worker for gunicorn.
"""

import asyncio
import logging
import os
import signal
import sys
from socket import socket
from types import FrameType
from typing import Any, ClassVar

from gunicorn.arbiter import Arbiter
from uvicorn.server import Server
from uvicorn_worker import UvicornWorker

from asyncapp import API
from core.settings import LIMITS

log = logging.getLogger(__name__)


class DrainingServer(Server):
    """A server whose long waits end as soon as it is asked to stop."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM: let nobody wait for a task any longer, then drain as usual."""
        application: Any = self.config.app
        application.extensions[API].draining = True
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Close the port, and idle connections a moment later: a request may be on its way on one of them."""
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        self.server_state.default_headers.append((b"connection", b"close"))
        await asyncio.sleep(LIMITS.linger)
        await super().shutdown(sockets)


class DrainingWorker(UvicornWorker):  # type: ignore[misc]
    """A worker whose long waits end as soon as it is asked to stop."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "uvloop",
        "http": "httptools",
        "ws": "none",
        "lifespan": "on",
        # uvicorn-worker does not pass gunicorn's limit on; it must end before gunicorn kills the process.
        "timeout_graceful_shutdown": LIMITS.graceful - 2,
        "timeout_notify": LIMITS.notify,
        "server_header": False,
        "date_header": False,
    }

    async def callback_notify(self) -> None:
        """Once a second: tell gunicorn's master that the loop runs, and end when that master is gone."""
        await super().callback_notify()
        if self.ppid != os.getppid():
            log.warning("the master is gone: stopping")
            signal.raise_signal(signal.SIGTERM)

    async def _serve(self) -> None:
        """As uvicorn's worker does it, with our server."""
        self.config.app = self.wsgi
        server = DrainingServer(config=self.config)
        self._install_sigquit_handler()
        await server.serve(sockets=self.sockets)
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)
