"""A relay between a program and a server: it passes every byte on, and counts what goes by."""

import socket
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Self

from cli.ports import LOOPBACK

Address = tuple[str, int]
Reader = Callable[[bytes], list[str]]
"""Is given what one connection says in one direction, piece by piece, and names what is complete by then."""

PIECE = 256 * 1024
CONNECT_TIMEOUT = 5.0
POLL = 0.05


@dataclass(frozen=True)
class Traffic:
    """What has gone by in one direction."""

    reads: int = 0
    """How often there was something to read: at most as often as the sender has written."""
    named: Counter[str] = field(default_factory=Counter)
    """How many frames or commands of each name."""

    def __sub__(self, earlier: "Traffic") -> "Traffic":
        return Traffic(self.reads - earlier.reads, self.named - earlier.named)


@dataclass(frozen=True)
class Seen:
    """What a relay has seen: how many connections, what programs have sent, what they have received."""

    connections: int
    sent: Traffic
    received: Traffic

    def __sub__(self, earlier: "Seen") -> "Seen":
        opened = self.connections - earlier.connections
        return Seen(opened, self.sent - earlier.sent, self.received - earlier.received)


class Relay:
    """Takes connections on a free port while its block lasts, each to a connection of its own to the server.

    Everything is counted before it is passed on, so what has had an effect has been counted.
    """

    def __init__(self, server: Address, sent: Callable[[], Reader], received: Callable[[], Reader]) -> None:
        """``sent`` and ``received`` make a reader for each new connection."""
        self._server = server
        self._makers = (sent, received)
        self._counts = (_Count(), _Count())
        self._opened = self._closed = 0
        self._lock = Lock()
        self._listener = _Listener(self._serve)

    @property
    def port(self) -> int:
        """Where it listens on the loopback address."""
        return int(self._listener.server_address[1])

    @property
    def is_idle(self) -> bool:
        """Whether every connection has been closed."""
        with self._lock:
            return self._opened == self._closed

    def seen(self) -> Seen:
        """Everything until now."""
        with self._lock:
            sent, received = (count.traffic() for count in self._counts)
            return Seen(self._opened, sent, received)

    def __enter__(self) -> Self:
        Thread(target=self._listener.serve_forever, args=(POLL,), name="relay", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._listener.shutdown()
        self._listener.server_close()

    def _serve(self, program: socket.socket) -> None:
        """Pass everything on in both directions until both have ended."""
        with self._lock:
            self._opened += 1
        try:
            with socket.create_connection(self._server, CONNECT_TIMEOUT) as server:
                server.settimeout(None)
                back = Thread(target=self._pass_on, args=(server, program, 1), daemon=True)
                back.start()
                self._pass_on(program, server, 0)
                back.join()
        finally:
            with self._lock:
                self._closed += 1

    def _pass_on(self, source: socket.socket, target: socket.socket, direction: int) -> None:
        count, read = self._counts[direction], self._makers[direction]()
        # What waits for what follows it would be read together with it by the next in line.
        target.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while data := source.recv(PIECE):
                names = read(data)
                with self._lock:
                    count.add(names)
                target.sendall(data)
        except OSError:
            pass  # One of the two has broken off, and the other is told.
        finally:
            with suppress(OSError):
                target.shutdown(socket.SHUT_WR)


class _Count:
    def __init__(self) -> None:
        self._reads = 0
        self._named: Counter[str] = Counter()

    def add(self, names: list[str]) -> None:
        self._reads += 1
        self._named.update(names)

    def traffic(self) -> Traffic:
        return Traffic(self._reads, self._named.copy())


class _Listener(ThreadingTCPServer):
    """Hands each connection to ``serve``, on a thread of its own, and closes it afterwards."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        class Handler(BaseRequestHandler):
            def handle(self) -> None:
                serve(self.request)

        super().__init__((LOOPBACK, 0), Handler)
