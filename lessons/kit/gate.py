"""A database that takes its time: what a program writes waits in front of it, or its answer on the way back.

Both are hooks of :mod:`lessons.kit.wire`. What waits when the block ends never arrives: nothing of it happens later.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from lessons.kit.place import Document
from lessons.kit.wire import Command

PATIENT = 120.0
"""No check holds anything back for so long."""


class Gate:
    """Closed at first. Documents that wait at it are counted, however many of them came in one command."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._open = False
        self._gone = False
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """How many documents wait at this moment."""
        with self._changed:
            return self._waiting

    def before(self, command: Command) -> None:
        """A write waits before it reaches the database."""
        if command.writes:
            self._pass(_size(command))

    def answer(self, command: Command, answer: Document) -> Document:
        """What was written is stored, and its answer waits."""
        if command.writes:
            self._pass(_size(command))
        return answer

    def _pass(self, documents: int) -> None:
        with self._changed:
            self._waiting += documents
            self._changed.wait_for(lambda: self._open or self._gone, PATIENT)
            self._waiting -= documents
            if self._gone:
                raise ConnectionAbortedError("the gate is gone")

    def open(self) -> None:
        """From now on everything goes through."""
        self._set(is_open=True)

    def _set(self, is_open: bool = False, gone: bool = False) -> None:
        with self._changed:
            self._open, self._gone = self._open or is_open, gone
            self._changed.notify_all()


@contextmanager
def gate() -> Iterator[Gate]:
    """Whatever still waits at it when the block ends is broken off."""
    made = Gate()
    try:
        yield made
    finally:
        made._set(gone=True)


def _size(command: Command) -> int:
    """How many documents a write is about."""
    return max(1, *(len(command.body.get(name, ())) for name in ("documents", "updates")))
