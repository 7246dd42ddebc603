"""What has arrived for a worker and is not settled yet, until the worker is asked to stop."""

import time
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue

from core.delivery import Delivery
from core.settings import LIMITS


class Inbox:
    """Deliveries in the order in which they came.

    A worker that is asked to stop goes on taking for a moment: pika would reject what is on its way when it cancels,
    and what was rejected comes again and is taken one at a time. As nothing is acknowledged in that moment, the broker
    sends no more.
    """

    def __init__(self, on_leave: Callable[[], None]) -> None:
        """``on_leave``: called once, when nothing more shall be sent."""
        self._on_leave = on_leave
        self._arrived: SimpleQueue[Delivery | None] = SimpleQueue()
        self.waiting: deque[Delivery] = deque()
        """What has been gathered."""
        self._leaves = 0.0
        self._ends: float | None = None
        self._has_left = False

    @property
    def is_stopping(self) -> bool:
        """Whether the worker has been asked to stop."""
        return self._ends is not None

    @property
    def is_leaving(self) -> bool:
        """Whether what is on its way is still taken, and nothing acknowledged."""
        return self._ends is not None and not self._has_left

    def put(self, delivery: Delivery) -> None:
        """One more has arrived."""
        self._arrived.put(delivery)

    def stop(self) -> None:
        """Take nothing more, a moment from now."""
        self._leaves = time.monotonic() + LIMITS.last_call
        self._ends = time.monotonic() + LIMITS.drain
        self._arrived.put(None)

    def leave(self) -> None:
        """Nothing more shall be sent from now on."""
        if not self._has_left:
            self._has_left = True
            self._on_leave()

    def collect(self) -> None:
        """Gather what has arrived; wait for the first, and for no more than that."""
        while not self.waiting and not self.is_stopping:
            self._admit(self._arrived.get())
        if self.is_leaving and time.monotonic() >= self._leaves:
            self.leave()
        if self.is_leaving and not self.waiting:
            time.sleep(LIMITS.rest)
        while not self._arrived.empty():
            self._admit(self._arrived.get())

    def is_over(self) -> bool:
        """After ``stop``: whether everything taken is settled, or the time for it has run out."""
        if self._ends is None:
            return False
        is_done = self._has_left and not self.waiting and self._arrived.empty()
        return is_done or time.monotonic() >= self._ends

    def _admit(self, delivery: Delivery | None) -> None:
        """None only wakes: it says that there is nothing more to wait for."""
        if delivery is not None:
            self.waiting.append(delivery)
