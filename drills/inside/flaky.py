"""A share of the operations fails inside the process, now before and now after it was really carried out.

The n-th operation of a process fails or not by the seed alone, so that a run can be repeated.
"""

import time
from collections.abc import Callable, Sequence
from random import Random
from threading import Lock
from typing import Any

from core.delivery import Again, Done, Verdict
from core.errors import BrokerUnavailable, LabError, PublishUnconfirmed, StoreUnavailable
from drills.inside.hits import Hits
from drills.inside.planting import Planting, around, unchanged

BEFORE = "before"
AFTER = "after"
LATE = "late"
SOME = "some"
CLOSED = "closed"
CLOSES_APART = 1.0
"""Seconds between two lost connections: each costs every unacknowledged message one of its 20 deliveries."""
WHY = "planted by a drill"


class Chance:
    """Draws, in order, whether an operation fails, and how."""

    def __init__(self, share: float, seed: str, hits: Hits) -> None:
        """``share`` of the operations fail, from 0 to 1."""
        if not 0 <= share <= 1:
            raise ValueError("the share must be from 0 to 1")
        self._share = share
        self._random = Random(seed)
        self._hits = hits
        self._failed = 0
        self._lock = Lock()

    def draw(self, *kinds: str) -> str:
        """Empty where this operation works, else one of the kinds, each in its turn."""
        with self._lock:
            if self._random.random() >= self._share:
                return ""
            kind = kinds[self._failed % len(kinds)]
            self._failed += 1
        self._hits.add(kind)
        return kind


def publish(planting: Planting, chance: Chance) -> None:
    """A publish is not sent and said to be so, or is confirmed and said to be unconfirmed."""

    def before() -> str:
        kind = chance.draw(BEFORE, AFTER)
        if kind == BEFORE:
            raise BrokerUnavailable(WHY)
        return kind

    def after(kind: str, result: Any) -> Any:
        if kind == AFTER:
            raise PublishUnconfirmed(WHY)
        return result

    planting.change("publisher.Publisher.publish", lambda original: around(original, before, after))


def confirm(planting: Planting, chance: Chance) -> None:
    """A confirm that has come is said to be lost, or the request that waits for it never hears of it.

    A refusal stays one: it is definite.
    """

    def make(original: Callable[..., None]) -> Callable[..., None]:
        def resolve(pending: Any, error: LabError | None) -> None:
            kind = "" if error else chance.draw(AFTER, LATE)
            if kind != LATE:
                original(pending, PublishUnconfirmed(WHY) if kind else error)

        return resolve

    planting.change("publisher.Pending.resolve", make)


def insert(planting: Planting, chance: Chance) -> None:
    """An insert is not made, or is made and said to have failed: as a whole, or for some of its documents."""

    def before() -> str:
        kind = chance.draw(BEFORE, AFTER, SOME)
        if kind == BEFORE:
            raise StoreUnavailable(WHY)
        return kind

    def after(kind: str, verdicts: list[Verdict]) -> list[Verdict]:
        if kind == AFTER:
            raise StoreUnavailable(WHY)
        return _some_again(verdicts) if kind == SOME else verdicts

    planting.change("store.Store.insert", lambda original: around(original, before, after))


def _some_again(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Every second document, the first among them, is said not to be stored although it is."""
    return [
        Again(WHY) if isinstance(verdict, Done) and not place % 2 else verdict for place, verdict in enumerate(verdicts)
    ]


def acknowledge(planting: Planting, chance: Chance) -> None:
    """Instead of an acknowledgement the connection is closed, so that all that is unacknowledged comes again."""
    closed = [float("-inf")]

    def make(original: Callable[..., None]) -> Callable[..., None]:
        def settle(consumer: Any, last: Any) -> None:
            if time.monotonic() - closed[0] < CLOSES_APART or not chance.draw(CLOSED):
                original(consumer, last)
            else:
                closed[0] = time.monotonic()
                consumer._broker.call(lambda: consumer._broker.reconnect(WHY))

        return settle

    planting.change("consumer.Consumer._acknowledge", make)
    planting.change("broker.Broker.reconnect", unchanged)
    planting.change("broker.Broker.call", unchanged)


POINTS: dict[str, Callable[[Planting, Chance], None]] = {
    one.__name__: one for one in (publish, confirm, insert, acknowledge)
}
