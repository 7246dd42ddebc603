"""How a process of each API takes connections, answers on them, and ends: real sockets, without gunicorn's master."""

import asyncio
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import wraps
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.workers.gthread import ThreadWorker
from uvicorn.config import Config

from app import server as sync_server
from asyncapp import server as async_server
from core.settings import LIMITS

CLIENTS = 3
TIMEOUT = 5.0
REQUEST = b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port of this computer."""
    with closing(socket.create_server(("127.0.0.1", 0))) as opened:
        opened.setblocking(False)
        yield opened


@pytest.fixture
def clients(listener: socket.socket) -> Iterator[list[socket.socket]]:
    """Connections that wait to be taken."""
    with ExitStack() as stack:
        opened = [socket.create_connection(listener.getsockname(), TIMEOUT) for _ in range(CLIENTS)]
        yield [stack.enter_context(closing(one)) for one in opened]


class Recorder:
    """A socket that only notes what is asked of it."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    def sendall(self, data: bytes) -> None:
        """Sent."""
        self.asked.append(data)

    write = sendall

    def close(self) -> None:
        """Closed."""
        self.asked.append("close")


def gathered(own: Recorder) -> tuple[Callable[[bytes], None], Any]:
    """How the sync server sends over what keeps its pieces together, and that."""
    gathering = sync_server.Gathering(own)  # type: ignore[arg-type]
    return gathering.sendall, gathering


def gathered_on_loop(own: Recorder) -> tuple[Callable[[bytes], None], Any]:
    """The same of the async server."""
    gathering = async_server.Gathering(own)  # type: ignore[arg-type]
    return gathering.write, gathering


def on_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test that needs a running event loop."""

    @wraps(test)
    def run(*given: Any, **named: Any) -> None:
        asyncio.run(test(*given, **named))

    return run


Gathered = Callable[[Recorder], tuple[Callable[[bytes], None], Any]]
each = pytest.mark.parametrize("made", [gathered, gathered_on_loop], ids=["app", "asyncapp"])


@each
@on_loop
async def test_what_is_sent_piece_by_piece_is_one_write(made: Gathered) -> None:
    """nginx is woken once."""
    own = Recorder()
    send, gathering = made(own)
    send(b"headers ")
    send(b"body")
    assert [] == own.asked
    gathering.flush()
    gathering.flush()
    assert [b"headers body"] == own.asked


@each
@on_loop
async def test_much_is_not_held_back(made: Gathered) -> None:
    """An answer of any length needs no memory of that length."""
    own = Recorder()
    send, _ = made(own)
    send(b"x" * (sync_server.PIECE + 1))
    assert [sync_server.PIECE + 1] == [len(one) for one in own.asked]  # type: ignore[arg-type]


@each
@on_loop
async def test_nothing_is_asked_of_a_connection_before_what_came_earlier_is_sent(made: Gathered) -> None:
    """Else the end of an answer could be lost with its connection."""
    own = Recorder()
    send, gathering = made(own)
    send(b"last words")
    gathering.close()
    assert [b"last words", "close"] == own.asked


@on_loop
async def test_what_a_view_yields_is_sent_when_the_view_waits() -> None:
    """A client of a stream does not wait for its end."""
    own = Recorder()
    send, _ = gathered_on_loop(own)
    send(b"first")
    await asyncio.sleep(0)
    assert [b"first"] == own.asked


class Worker(sync_server.DrainingWorker):
    """Without a master: it accepts from a listener, and answers by counting."""

    def __init__(self, listeners: list[socket.socket]) -> None:
        self.alive = True
        self.nr_conns = 0
        self.sockets = listeners
        self.tpool = SimpleNamespace(_work_queue=SimpleQueue())
        self.answered = 0
        self.goes_on = True


@pytest.fixture
def worker(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> Worker:
    """What gunicorn's own worker would do is done by a few words here."""

    def accept(self: Worker, listener: socket.socket) -> None:
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return
        self.nr_conns += 1

    def handle(self: Worker, conn: Any) -> bool:
        conn.sock.recv(len(REQUEST))
        self.answered += 1
        return self.goes_on

    monkeypatch.setattr(ThreadWorker, "accept", accept)
    monkeypatch.setattr(ThreadWorker, "handle", handle)
    monkeypatch.setattr(ThreadWorker, "set_accept_enabled", lambda *_: None)
    return Worker([listener])


@pytest.fixture
def connection() -> Iterator[tuple[Any, socket.socket]]:
    """A connection as gunicorn knows it, and its client's end."""
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        yield SimpleNamespace(sock=ours), theirs


@pytest.mark.usefixtures("clients")
def test_a_process_takes_one_connection_and_then_leaves_a_turn_to_others(
    worker: Worker, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pause follows a connection, and nothing else."""
    pauses: list[float] = []
    monkeypatch.setattr(sync_server, "time", SimpleNamespace(sleep=pauses.append))
    for _ in range(CLIENTS + 2):
        worker.accept(listener)
    assert (CLIENTS, [LIMITS.turn] * CLIENTS) == (worker.nr_conns, pauses)


@pytest.mark.usefixtures("clients")
def test_a_process_that_stops_takes_who_waits_and_closes_the_port(worker: Worker, listener: socket.socket) -> None:
    """Who waits was promised nothing, but would wait in vain."""
    worker.set_accept_enabled(False)
    assert 0 == worker.nr_conns  # It only pauses.
    worker.alive = False
    worker.set_accept_enabled(False)
    assert (CLIENTS, -1) == (worker.nr_conns, listener.fileno())


def test_a_thread_stays_with_a_connection_that_goes_on(worker: Worker, connection: tuple[Any, socket.socket]) -> None:
    """For as long as requests come; then the connection is somebody else's to watch."""
    conn, client = connection
    client.sendall(REQUEST * CLIENTS)
    assert worker.handle(conn) is True
    assert worker.answered == CLIENTS


@pytest.mark.parametrize("reason", ["others wait", "stopping", "closed"])
def test_a_thread_leaves_a_connection_when(worker: Worker, connection: tuple[Any, socket.socket], reason: str) -> None:
    """Another connection needs the thread, the process stops, or the connection is over."""
    conn, client = connection
    client.sendall(REQUEST * CLIENTS)
    if reason == "others wait":
        worker.tpool._work_queue.put("somebody")
    worker.alive = reason != "stopping"
    worker.goes_on = reason != "closed"
    assert worker.handle(conn) is (reason != "closed")
    assert worker.answered == 1


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answers everything."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


async def answers(clients: list[socket.socket], seconds: float) -> int:
    """How many of the clients have an answer within that time."""
    loop = asyncio.get_running_loop()
    for one in clients:
        one.setblocking(False)
        await loop.sock_sendall(one, REQUEST)
    reading = [asyncio.ensure_future(loop.sock_recv(one, 1)) for one in clients]
    done, late = await asyncio.wait(reading, timeout=seconds)
    for one in late:
        one.cancel()
    return len(done)


async def started(listener: socket.socket) -> async_server.DrainingServer:
    """A server that listens."""
    config = Config(application, lifespan="off", log_config=None, ws="none")
    config.load()
    server = async_server.DrainingServer(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup([listener])
    return server


def test_the_event_loop_takes_one_connection_and_then_leaves_a_turn_to_others(
    listener: socket.socket, clients: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an endless turn nobody else is served, until the process stops: then it takes who waits."""
    monkeypatch.setattr(async_server, "LIMITS", replace(LIMITS, turn=3600.0, linger=0.5))

    async def run() -> tuple[int, int]:
        server = await started(listener)
        first = await answers(clients[:], 0.3)
        stopping = asyncio.ensure_future(server.shutdown([listener]))
        loop = asyncio.get_running_loop()
        rest = [asyncio.ensure_future(loop.sock_recv(one, 1)) for one in clients]
        done, _ = await asyncio.wait(rest, timeout=TIMEOUT)
        await stopping
        return first, len(done)

    assert (1, CLIENTS) == asyncio.run(run())


def test_the_event_loop_takes_all_in_their_turns(listener: socket.socket, clients: list[socket.socket]) -> None:
    """A turn is a millisecond."""

    async def run() -> int:
        server = await started(listener)
        served = await answers(clients, TIMEOUT)
        await server.shutdown([listener])
        return served

    assert asyncio.run(run()) == CLIENTS
