"""How a process of gunicorn takes its share of the connections, and how it ends: waits first, then all other requests.

In the sync case gunicorn's worker with request threads, in the async case uvicorn's worker for gunicorn. Decision 9 has
the figures: docs/decisions/0009-a-processor-each.md.
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
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import Server
from uvicorn_worker import UvicornWorker

from asyncapp import API, logs
from core.settings import LIMITS

log = logging.getLogger(__name__)

PIECE = 65_536


class Gathering:
    """A transport that keeps what is written until the event loop goes on, or until anything else is asked of it.

    What a view yields piece by piece is so sent when there is much of it, or when the view waits.
    """

    def __init__(self, own: asyncio.Transport) -> None:
        self._own = own
        self._unsent = b""

    def write(self, data: bytes) -> None:
        """Send it together with what follows."""
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self.flush)
        self._unsent += data
        if len(self._unsent) > PIECE:
            self.flush()

    def flush(self) -> None:
        """Send what is there."""
        if self._unsent:
            unsent, self._unsent = self._unsent, b""
            self._own.write(unsent)

    def __getattr__(self, name: str) -> Any:
        self.flush()
        return getattr(self._own, name)


class GatheringProtocol(HttpToolsProtocol):
    """An answer is one write: uvicorn sends the headers by themselves, and nginx is woken twice."""

    def connection_made(self, transport: Any) -> None:
        """A client is there."""
        super().connection_made(Gathering(transport))  # type: ignore[arg-type]


class DrainingServer(Server):
    """A server that shares connections with its siblings, and whose long waits end as soon as it is asked to stop."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._listeners: list[socket] = []
        self._opening: set[asyncio.Task[Any]] = set()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM: let nobody wait for a task any longer, then drain as usual."""
        application: Any = self.config.app
        application.extensions[API].draining = True
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Listen: the event loop would take all connections that wait at once, and leave none to other processes."""
        await super().startup(sockets=[])
        self._listeners = sockets or []
        for listener in self._listeners:
            listener.setblocking(False)
        self._listen()

    def _listen(self) -> None:
        for listener in self._listeners:
            asyncio.get_running_loop().add_reader(listener.fileno(), self._accept, listener)

    def _accept(self, listener: socket) -> None:
        """Take one connection, and leave the next to another process for a moment, so that each gets its share."""
        if self._takes(listener):
            loop = asyncio.get_running_loop()
            loop.remove_reader(listener.fileno())
            loop.call_later(LIMITS.turn, self._listen)

    def _takes(self, listener: socket) -> bool:
        """Whether a connection waited; it is taken then."""
        try:
            connection, _ = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return False
        loop = asyncio.get_running_loop()
        self._opening.add(task := loop.create_task(loop.connect_accepted_socket(self._protocol, connection)))
        task.add_done_callback(self._opening.discard)
        return True

    def _protocol(self) -> asyncio.Protocol:
        return self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Take who waits and close the port; idle connections later: a request may be on its way on one of them."""
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            asyncio.get_running_loop().remove_reader(listener.fileno())
            while self._takes(listener):
                pass
            listener.close()
        self.server_state.default_headers.append((b"connection", b"close"))
        await asyncio.sleep(LIMITS.linger)
        await super().shutdown(sockets)
        logs.flush()  # The signal is raised again now, and ends the process on the spot.


class DrainingWorker(UvicornWorker):  # type: ignore[misc]
    """A worker whose long waits end as soon as it is asked to stop."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "uvloop",
        "http": GatheringProtocol,
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
