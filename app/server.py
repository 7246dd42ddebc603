"""How a process of gunicorn takes its share of the connections, and how it ends: waits first, then all other requests.

In the sync case gunicorn's worker with request threads, in the async case uvicorn's worker for gunicorn. Decision 9 has
the figures: docs/decisions/0009-a-processor-each.md.
"""

import select
import time
from socket import socket
from types import FrameType
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from app import API
from core.settings import LIMITS

PIECE = 65_536


class OwnLog(Logger):  # type: ignore[misc]
    """What gunicorn tells of itself. nginx logs the requests; preparing a line that nobody writes takes time."""

    def access(self, *_: Any) -> None:
        """Say nothing of a request."""


class Gathering:
    """A socket that keeps what is to be sent until it is flushed, or until anything else is asked of it.

    What a view yields piece by piece is so sent when there is much of it, or at the end.
    """

    def __init__(self, own: socket) -> None:
        self._own = own
        self._unsent = b""

    def sendall(self, data: bytes) -> None:
        """Send it together with what follows."""
        self._unsent += data
        if len(self._unsent) > PIECE:
            self.flush()

    def flush(self) -> None:
        """Send what is there."""
        if self._unsent:
            unsent, self._unsent = self._unsent, b""
            self._own.sendall(unsent)

    def __getattr__(self, name: str) -> Any:
        self.flush()
        return getattr(self._own, name)


class DrainingWorker(ThreadWorker):  # type: ignore[misc]
    """A worker that shares connections with its siblings, and whose long waits end as soon as it is asked to stop."""

    wsgi: Any
    tpool: Any
    sockets: list[Any]
    alive: bool
    nr_conns: int

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM: let nobody wait for a task any longer, then drain as usual."""
        self.wsgi.extensions[API].draining = True
        super().handle_exit(sig, frame)

    def accept(self, listener: Any) -> None:
        """Take one connection, and leave the next to another process for a moment, so that each gets its share."""
        if self._takes(listener):
            time.sleep(LIMITS.turn)

    def _takes(self, listener: Any) -> bool:
        """Whether a connection waited; it is taken then."""
        before = self.nr_conns
        super().accept(listener)
        return self.nr_conns > before

    def handle(self, conn: Any) -> Any:
        """Answer a request, and the next ones of its connection too as long as no other connection needs the thread.

        Otherwise each request goes through the main thread, which waits for it and then has to wake another.
        """
        goes_on = super().handle(conn)
        while goes_on is True and self.alive and self.tpool._work_queue.empty() and _has_more(conn):
            goes_on = super().handle(conn)
        return goes_on

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a request with one write: gunicorn sends the headers by themselves, and nginx is woken twice."""
        own = conn.sock
        conn.sock = gathering = Gathering(own)
        try:
            return super().handle_request(req, conn)
        finally:
            gathering.flush()
            conn.sock = own

    def set_accept_enabled(self, enabled: bool) -> None:
        """When stopping, take who waits and close the port: who comes then is refused, and waits for nobody."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                while self._takes(listener):
                    pass
                listener.close()

    def run(self) -> None:
        """Serve; and when all requests are answered, take leave of the broker."""
        super().run()
        self.wsgi.extensions[API].close()


def _has_more(conn: Any) -> bool:
    """Whether a client goes on within a moment."""
    poll = select.poll()
    poll.register(conn.sock, select.POLLIN)
    return bool(poll.poll(LIMITS.stay * 1000))
