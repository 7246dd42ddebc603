"""The connection that is kept open, with a connection class that does as it is told."""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from queue import SimpleQueue
from threading import Event, current_thread
from types import SimpleNamespace
from typing import Any

import pytest
from pika.exceptions import (
    AMQPConnectionError,
    AuthenticationError,
    ChannelClosedByBroker,
    ConnectionClosedByBroker,
    ConnectionClosedByClient,
    ProbableAccessDeniedError,
)

from core.settings import LIMITS, Settings
from tests.unit.services.twins import Twin

MISMATCH = ChannelClosedByBroker(406, "PRECONDITION_FAILED - inequivalent arg 'x-queue-type'")


class EndOfLoop(BaseException):
    """Takes the place of the event loop's long run."""


class FakeLoop:
    """Does at once what is handed over, and keeps what is for later."""

    def __init__(self) -> None:
        self.later: list[tuple[float, Callable[[], None]]] = []
        self.stopped = False

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        self.later.append((seconds, callback))

    def add_callback_threadsafe(self, callback: Callable[[], None]) -> None:
        callback()

    def start(self) -> None:
        raise EndOfLoop

    def stop(self) -> None:
        self.stopped = True


class FakeThread:
    """Runs up to the event loop, and stands still there."""

    def __init__(self, target: Callable[[], None], **_: Any) -> None:
        self.target = target
        self.joined: list[float] = []

    def start(self) -> None:
        with suppress(EndOfLoop):
            self.target()

    def join(self, seconds: float) -> None:
        self.joined.append(seconds)


class FakeChannel:
    """Declares at once."""

    def __init__(self) -> None:
        self.declared: list[tuple[str, bool, Any]] = []
        self.spread: list[tuple[str, ...]] = []
        self.is_open = True

    def add_on_close_callback(self, on_close: Callable[..., None]) -> None:
        self.on_close = on_close

    def queue_declare(self, name: str, durable: bool, arguments: Any, callback: Callable[[Any], None]) -> None:
        self.declared.append((name, durable, arguments))
        callback(None)

    def exchange_declare(
        self, name: str, kind: str, durable: bool, arguments: Any, callback: Callable[..., None]
    ) -> None:
        self.spread.append((name, kind, *arguments.values()))
        assert durable
        callback(None)

    def queue_bind(self, queue: str, exchange: str, key: str, callback: Callable[[Any], None]) -> None:
        self.spread.append((queue, exchange, key))
        callback(None)


class FakeConnection:
    """Opens, fails, blocks and closes when a test says so."""

    def __init__(self, parameters: Any, **callbacks: Any) -> None:
        self.parameters = parameters
        self.on_open = callbacks["on_open_callback"]
        self.on_open_error = callbacks["on_open_error_callback"]
        self.on_close = callbacks["on_close_callback"]
        self.is_open = self.hangs = False
        self.opened = FakeChannel()
        self.closes = 0

    def add_on_connection_blocked_callback(self, on_blocked: Callable[..., None]) -> None:
        self.on_blocked = on_blocked

    def add_on_connection_unblocked_callback(self, on_unblocked: Callable[..., None]) -> None:
        self.on_unblocked = on_unblocked

    def channel(self, on_open_callback: Callable[[Any], None]) -> None:
        on_open_callback(self.opened)

    def open(self) -> None:
        """The broker has answered."""
        self.is_open = True
        self.on_open(self)

    def close(self) -> None:
        self.closes += 1
        if not self.hangs:
            self.end(ConnectionClosedByClient(200, "Normal shutdown"))

    def end(self, reason: Exception) -> None:
        """The connection is gone."""
        self.is_open = False
        self.on_close(self, reason)


class Wire:
    """A broker object, the connections that it has made, and what it has told."""

    def __init__(self, twin: Twin, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self.twin = twin
        self.connections: list[FakeConnection] = []
        self.ready: list[Any] = []
        self.lost: list[str] = []
        self.loop = FakeLoop()
        module = twin.module("broker")
        monkeypatch.setattr(module, "Connection", self._connection)
        if twin.is_async:
            loop = SimpleNamespace(**vars(asyncio))
            loop.get_running_loop = lambda: self.loop
            monkeypatch.setattr(module, "asyncio", loop)
        else:
            monkeypatch.setattr(module, "IOLoop", lambda: self.loop)
            monkeypatch.setattr(module, "Thread", FakeThread)
        self.broker = module.Broker(settings, "line", self.ready.append, self.lost.append)

    def _connection(self, parameters: Any, custom_ioloop: Any = None, **callbacks: Any) -> FakeConnection:
        self.connections.append(FakeConnection(parameters, **callbacks))
        return self.connections[-1]

    @property
    def connection(self) -> FakeConnection:
        """The last that was made."""
        return self.connections[-1]

    def start(self) -> FakeConnection:
        """Begin to connect."""
        self.twin.run(self.broker.start)
        return self.connection

    def connect(self) -> FakeConnection:
        """A connection that has opened."""
        connection = self.start()
        connection.open()
        return connection

    def wait(self) -> FakeConnection:
        """Let the time until the next try pass."""
        _, callback = self.loop.later.pop()
        callback()
        return self.connection


@pytest.fixture
def wire(twin: Twin, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Wire:
    """A broker object that is not started yet."""
    return Wire(twin, settings, monkeypatch)


def test_a_broker_that_is_not_connected_yet_says_so(wire: Wire) -> None:
    """For readiness."""
    assert "RabbitMQ is not connected yet" == wire.broker.missing


def test_starting_connects_as_the_settings_say(wire: Wire, settings: Settings) -> None:
    """With time-outs of our own: the defaults notice a dead broker after a minute or never."""
    parameters = wire.start().parameters
    assert (settings.rabbit_host, settings.rabbit_port, "guest", LIMITS.heartbeat, "line") == (
        parameters.host,
        parameters.port,
        parameters.credentials.username,
        parameters.heartbeat,
        parameters.client_properties["connection_name"],
    )


def test_a_channel_is_ready_when_all_queues_are_declared(wire: Wire) -> None:
    """Durable, those first that others dead-letter to."""
    connection = wire.connect()
    assert [(queue.name, True, queue.arguments) for queue in wire.broker.topology.queues] == connection.opened.declared
    assert ([connection.opened], "") == (wire.ready, wire.broker.missing)


@pytest.mark.parametrize("shards", [1, 2])
def test_more_than_one_queue_is_bound_to_an_exchange(
    twin: Twin, settings: Settings, monkeypatch: pytest.MonkeyPatch, shards: int
) -> None:
    """After both are declared; and before the last binding is there nothing is ready, so all queues take part."""
    wire = Wire(twin, replace(settings, queue_shards=shards), monkeypatch)
    connection = wire.connect()
    wanted = [("work.shards.2", "x-consistent-hash", "message_id")]
    wanted += [(name, "work.shards.2", "1") for name in ("work", "work.2")]
    assert (wanted if shards > 1 else []) == connection.opened.spread
    assert [connection.opened] == wire.ready


def test_queues_are_declared_again_once_and_after_a_moment(wire: Wire) -> None:
    """RabbitMQ keeps a subscription that meets a new queue of the deleted one's name, and delivers nothing on it."""
    channel = wire.connect().opened
    channel.declared.clear()
    for _ in range(3):
        wire.twin.run(lambda: wire.broker.declare_again(channel))
    assert ([], [LIMITS.redeclare]) == (channel.declared, [pause for pause, _ in wire.loop.later])
    wire.wait()
    assert len(wire.broker.topology.queues) == len(channel.declared)


def test_queues_are_not_declared_again_on_a_channel_that_has_closed(wire: Wire) -> None:
    """The next channel declares them anyway; later they can be declared again."""
    channel = wire.connect().opened
    channel.declared.clear()
    channel.is_open = False
    wire.twin.run(lambda: wire.broker.declare_again(channel))
    wire.wait()
    assert [] == channel.declared
    wire.twin.run(lambda: wire.broker.declare_again(channel))
    assert 1 == len(wire.loop.later)


def test_the_first_try_ends_with_the_connection(wire: Wire) -> None:
    """A process that takes requests before it would refuse them for nothing."""
    wire.connect()
    assert LIMITS.first_try > seconds_of(wire, wire.broker.first_try)


def test_the_first_try_ends_with_its_failure(wire: Wire) -> None:
    """A broker that is down is told by 503, not by a port that is closed."""
    wire.start().on_open_error(wire.connection, AMQPConnectionError("Connection refused"))
    assert LIMITS.first_try > seconds_of(wire, wire.broker.first_try)


def test_the_first_try_is_bounded(wire: Wire) -> None:
    """A broker that is silent holds nobody up for long."""
    wire.start()
    assert LIMITS.first_try <= seconds_of(wire, wire.broker.first_try) < LIMITS.first_try + 2


def seconds_of(wire: Wire, action: Callable[[], Any]) -> float:
    """How long it takes."""
    began = time.monotonic()
    wire.twin.run(action)
    return time.monotonic() - began


def test_a_broker_that_does_not_answer_is_tried_again(wire: Wire) -> None:
    """After a moment, and what is missing says why."""
    wire.start().on_open_error(wire.connection, AMQPConnectionError("Connection refused"))
    assert "RabbitMQ at localhost:5672 does not answer (Connection refused)" == wire.broker.missing
    wire.wait().open()
    assert ("", 2) == (wire.broker.missing, len(wire.connections))


def test_a_node_that_refuses_is_left_for_the_next_one_at_once(
    twin: Twin, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be starting, or in maintenance; the others serve meanwhile."""
    wire = Wire(twin, replace(settings, rabbit_hosts=("one", "two")), monkeypatch)
    wire.start().on_open_error(wire.connection, AMQPConnectionError("Connection refused"))
    first, pause = wire.connection.parameters, wire.loop.later[-1][0]
    wire.wait().open()
    assert f"RabbitMQ at {first.host}:5672 does not answer (Connection refused)" == wire.lost[0]
    assert ({"one", "two"}, 0.0, "") == ({first.host, wire.connection.parameters.host}, pause, wire.broker.missing)


def test_a_connection_that_is_lost_is_opened_to_another_node(
    twin: Twin, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once: whoever lost it has the others."""
    wire = Wire(twin, replace(settings, rabbit_hosts=("one", "two", "three")), monkeypatch)
    lost = wire.connect()
    lost.end(ConnectionClosedByBroker(320, "CONNECTION_FORCED"))
    assert 0.0 == wire.loop.later[-1][0]
    assert lost.parameters.host != wire.wait().parameters.host


def test_the_pauses_between_tries_grow_and_are_capped(wire: Wire) -> None:
    """A broker that is restarted is found again within two seconds."""
    wire.start()
    pauses = []
    for _ in range(12):
        wire.connection.on_open_error(wire.connection, AMQPConnectionError())
        pauses.append(wire.loop.later[-1][0])
        wire.wait()
    assert all(0.05 <= pause <= 2.0 for pause in pauses)
    assert pauses[0] <= 0.1 < pauses[-1]


def test_a_connection_that_works_resets_the_pauses(wire: Wire) -> None:
    """The next failure is another one."""
    wire.start()
    for _ in range(8):
        wire.connection.on_open_error(wire.connection, AMQPConnectionError())
        wire.wait()
    wire.connection.open()
    wire.connection.end(ConnectionClosedByBroker(320, "CONNECTION_FORCED"))
    assert 0.1 >= wire.loop.later[-1][0]


def test_a_lost_connection_is_told_and_opened_again(wire: Wire) -> None:
    """With a new channel."""
    wire.connect().end(ConnectionClosedByBroker(320, "CONNECTION_FORCED - broker forced connection closure"))
    assert 1 == len(wire.lost)
    assert "CONNECTION_FORCED" in wire.lost[0]
    wire.wait().open()
    assert [connection.opened for connection in wire.connections] == wire.ready


def test_a_queue_with_other_arguments_is_explained(wire: Wire) -> None:
    """RabbitMQ's own tutorial declares task_queue; the close that follows must not hide the reason."""
    connection = wire.connect()
    connection.opened.on_close(connection.opened, MISMATCH)
    assert "holds a queue of the same name with other arguments" in wire.broker.missing
    assert (1, [wire.broker.missing]) == (connection.closes, wire.lost)


def test_the_explanation_goes_when_the_cause_has_gone(wire: Wire) -> None:
    """It mends itself."""
    connection = wire.connect()
    connection.opened.on_close(connection.opened, MISMATCH)
    wire.wait().open()
    wire.connection.end(ConnectionClosedByBroker(320, "CONNECTION_FORCED"))
    assert "other arguments" not in wire.broker.missing


@pytest.mark.parametrize(
    "reason",
    [
        AuthenticationError("PLAIN"),
        ConnectionClosedByBroker(403, "ACCESS_REFUSED - Login was refused"),
        ProbableAccessDeniedError("ACCESS_REFUSED"),
    ],
    ids=lambda reason: type(reason).__name__,
)
def test_a_user_that_is_refused_is_explained(wire: Wire, reason: Exception) -> None:
    """By the names of the variables to look at."""
    wire.start().on_open_error(wire.connection, reason)
    assert "check RABBIT_USER and RABBIT_PASSWORD" in wire.broker.missing


def test_a_channel_that_closes_with_its_connection_closes_nothing_again(wire: Wire) -> None:
    """pika tells of both."""
    connection = wire.connect()
    connection.is_open = False
    connection.opened.on_close(connection.opened, ConnectionClosedByBroker(320, "CONNECTION_FORCED"))
    assert 0 == connection.closes


def test_a_broker_that_takes_no_messages_says_so_until_it_does(wire: Wire) -> None:
    """An alarm for memory or disk."""
    connection = wire.connect()
    connection.on_blocked(connection, SimpleNamespace(method=SimpleNamespace(reason="low on disk")))
    assert "RabbitMQ takes no messages now (low on disk)" == wire.broker.missing
    connection.on_unblocked(connection, None)
    assert "" == wire.broker.missing


def test_reconnecting_closes_and_opens(wire: Wire) -> None:
    """Asked for by a consumer that the broker has cancelled."""
    connection = wire.connect()
    wire.twin.run(lambda: wire.broker.reconnect("because"))
    wire.wait()
    assert (1, 2) == (connection.closes, len(wire.connections))


def test_reconnecting_a_connection_that_is_gone_changes_nothing(wire: Wire) -> None:
    """It is being opened again already."""
    wire.twin.run(lambda: wire.broker.reconnect("before it began"))
    wire.connect().end(ConnectionClosedByBroker(320, "CONNECTION_FORCED"))
    wire.twin.run(lambda: wire.broker.reconnect("because"))
    assert (1, 1) == (len(wire.connections), len(wire.loop.later))


def test_closing_closes_the_connection_and_opens_no_other(wire: Wire) -> None:
    """What is not acknowledged goes back to its queue by that."""
    connection = wire.connect()
    wire.twin.run(wire.broker.close)
    assert (1, [], 1) == (connection.closes, wire.lost, len(wire.connections))


def test_closing_while_there_is_no_connection_ends_as_well(wire: Wire) -> None:
    """Between two tries: the next is not made."""
    wire.start().on_open_error(wire.connection, AMQPConnectionError())
    wire.twin.run(wire.broker.close)
    if wire.twin.is_async:
        wire.wait()
    assert 1 == len(wire.connections)


def test_closing_a_broker_that_hangs_is_bounded(wire: Wire) -> None:
    """It never answers the close."""
    wire.twin.limits("broker", probe_timeout=0.01)
    wire.connect().hangs = True
    wire.twin.run(wire.broker.close)
    if not wire.twin.is_async:
        assert (0.01, [LIMITS.connect_timeout]) == (wire.loop.later[-1][0], wire.broker._thread.joined)


class RealLoop:
    """An event loop that runs on a thread and does what is handed over."""

    def __init__(self) -> None:
        self.waiting: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self.is_closed = False

    def add_callback_threadsafe(self, callback: Callable[[], None]) -> None:
        self.waiting.put(callback)

    def call_later(self, _: float, callback: Callable[[], None]) -> None:
        self.waiting.put(callback)

    def start(self) -> None:
        while callback := self.waiting.get():
            callback()

    def stop(self) -> None:
        self.waiting.put(None)

    def close(self) -> None:
        self.is_closed = True


class Threaded:
    """The synchronous broker on a thread of its own."""

    def __init__(self, twin: Twin, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made = 0
        self.ready, self.lost = Event(), Event()
        self.loops: list[RealLoop] = []
        module = twin.module("broker")
        monkeypatch.setattr(module, "IOLoop", self._loop)
        monkeypatch.setattr(module, "Connection", self._connection)
        self.broker = module.Broker(settings, "line", lambda _: self.ready.set(), lambda _: self.lost.set())

    def _loop(self) -> RealLoop:
        self.loops.append(RealLoop())
        return self.loops[-1]

    def _connection(self, parameters: Any, custom_ioloop: RealLoop, **callbacks: Any) -> FakeConnection:
        connection = FakeConnection(parameters, **callbacks)
        self.made += 1
        custom_ioloop.add_callback_threadsafe(connection.open)
        return connection


@pytest.fixture
def threaded(sync_twin: Twin, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Threaded]:
    """A broker that has connected, on its thread; closed in the end."""
    threaded = Threaded(sync_twin, settings, monkeypatch)
    threaded.broker.start()
    assert threaded.ready.wait(10)
    yield threaded
    threaded.broker.close()
    assert not threaded.broker._thread.is_alive()


def test_what_is_handed_over_is_done_on_the_connections_thread_in_order(threaded: Threaded) -> None:
    """A pika connection may be touched by its own thread only."""
    done: SimpleQueue[tuple[int, str]] = SimpleQueue()
    names = itertools.repeat("broker-line")
    for number in range(3):
        threaded.broker.call(lambda number=number: done.put((number, current_thread().name)))
    assert list(zip(range(3), names, strict=False)) == [done.get(timeout=10) for _ in range(3)]


def test_a_callback_that_fails_begins_the_connection_anew(threaded: Threaded) -> None:
    """Instead of leaving a dead thread behind, which nobody would notice."""
    threaded.ready.clear()
    threaded.broker.call(lambda: 1 // 0)
    assert threaded.lost.wait(10)
    assert threaded.ready.wait(10)
    assert (2, "") == (threaded.made, threaded.broker.missing)


def test_the_thread_ends_with_its_connection(sync_twin: Twin, settings: Settings, monkeypatch: Any) -> None:
    """And closes the event loop."""
    threaded = Threaded(sync_twin, settings, monkeypatch)
    threaded.broker.start()
    threaded.ready.wait(10)
    threaded.broker.close()
    assert (False, True) == (threaded.broker._thread.is_alive(), threaded.loops[-1].is_closed)
