"""What one turn of the event loop has to send goes out in one write."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.services.twins import Twin


class Loop:
    """Remembers what is to be called in its next turn."""

    def __init__(self) -> None:
        self.later: list[Callable[[], None]] = []

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Only the next turn is ever asked for."""
        assert seconds == 0
        self.later.append(callback)

    def turn(self) -> None:
        """Everything that was to be called is."""
        due, self.later = self.later, []
        for callback in due:
            callback()


class Transport:
    """Remembers what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        """One write is one system call."""
        self.written.append(data)


@pytest.fixture
def connection(twin: Twin) -> Any:
    """A connection on a loop of ours, as far as writing goes."""
    kind = twin.module("connection").Connection
    loop = Loop()
    looped = type("Looped", (kind,), {"ioloop": property(lambda _: loop), "__del__": lambda _: None})
    made = looped.__new__(looped)
    made._unsent, made._transport = bytearray(), Transport()
    return made


def test_the_frames_of_one_turn_are_written_at_once(connection: Any) -> None:
    """In their order, and not before the turn is over."""
    for frame in (b"method", b"header", b"body"):
        connection._adapter_emit_data(frame)
    assert [] == connection._transport.written
    connection.ioloop.turn()
    assert [b"methodheaderbody"] == connection._transport.written


def test_the_next_turn_has_a_write_of_its_own(connection: Any) -> None:
    """Nothing is written twice, and nothing is kept."""
    for frame in (b"one", b"two"):
        connection._adapter_emit_data(frame)
        connection.ioloop.turn()
    assert [b"one", b"two"] == connection._transport.written


def test_what_a_lost_connection_has_not_sent_is_dropped(connection: Any) -> None:
    """Those who wait for a confirm are told when the connection is lost."""
    connection._adapter_emit_data(b"frame")
    connection._transport = None
    connection.ioloop.turn()
    assert bytearray() == connection._unsent
