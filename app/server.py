"""How a process of gunicorn ends: requests that wait for a task are answered first, then all others finish.

In the sync case gunicorn's worker with request threads, in the async case uvicorn's worker for gunicorn.
"""

from types import FrameType
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from app import API


class DrainingWorker(ThreadWorker):  # type: ignore[misc]
    """A worker whose long waits end as soon as it is asked to stop."""

    wsgi: Any
    sockets: list[Any]
    alive: bool

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM: let nobody wait for a task any longer, then drain as usual."""
        self.wsgi.extensions[API].draining = True
        super().handle_exit(sig, frame)

    def set_accept_enabled(self, enabled: bool) -> None:
        """When stopping, close the port as well: a new connection is refused at once instead of waiting for nobody."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                listener.close()

    def run(self) -> None:
        """Serve; and when all requests are answered, take leave of the broker."""
        super().run()
        self.wsgi.extensions[API].close()
