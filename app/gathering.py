"""What comes again and again is handed on together, a moment after the first: one by one it would take far longer."""

import logging
import os
import time
from collections import deque
from collections.abc import Callable
from threading import Event, Thread
from typing import Generic, TypeVar

from core.settings import LIMITS

log = logging.getLogger(__name__)

One = TypeVar("One")


class Gathering(Generic[One]):
    """Keeps what comes until it is taken, and has a thread that says when it is time to.

    A process that is killed takes what has come in that moment with it.
    """

    def __init__(self, name: str, hand_on: Callable[[], None]) -> None:
        """``hand_on``: takes what waits; called from the thread, which has this name."""
        self._name = name
        self._hand_on = hand_on
        self._is_open = True
        self._begin()
        # What a process has gathered is not handed on again by its child, which has no thread to do so either.
        os.register_at_fork(after_in_child=self._begin)

    def add(self, one: One) -> None:
        """Keep it, and see to it that it is taken soon."""
        self._waiting.append(one)
        if not self._due.is_set():
            self._due.set()
            self._ensure_thread()

    def take(self) -> list[One]:
        """What has come since the last time, in order; each to one taker only."""
        return [self._waiting.popleft() for _ in range(len(self._waiting))]

    def close(self) -> None:
        """The thread ends; what waits can still be taken."""
        self._is_open = False
        self._due.set()

    def _begin(self) -> None:
        self._waiting: deque[One] = deque()
        self._due = Event()
        self._thread: Thread | None = None

    def _ensure_thread(self) -> None:
        if self._thread is None:
            self._thread = Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while self._due.wait() and self._is_open:
            time.sleep(LIMITS.gather)
            self._due.clear()
            try:
                self._hand_on()
            except Exception:
                # Without the thread, what comes would be kept for ever.
                log.exception("not handed on", extra={"what": self._name})
