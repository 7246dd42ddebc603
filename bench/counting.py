"""How many tasks are stored, asked cheaply enough to be asked often."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pymongo import MongoClient
from pymongo.collection import Collection

from core.documents import COLLECTION
from drills.facts import Database
from drills.waiting import wait_until

POLL = 0.01
Tasks = Collection[dict[str, Any]]


@contextmanager
def tasks(database: Database) -> Iterator[Tasks]:
    """The collection of stored tasks."""
    with MongoClient[dict[str, Any]](database.uri, tz_aware=True) as client:
        yield client[database.name][COLLECTION]


@dataclass(frozen=True)
class Drained:
    """How a number of tasks came into the database. Moments are those of ``time.monotonic``."""

    count: int
    first: float
    """When some were there."""
    seen: int
    """How many were there then."""
    last: float
    """When all were there."""

    @property
    def rate(self) -> float:
        """Tasks a second, from the first to the last; what the program takes to start does not count."""
        return (self.count - self.seen) / max(self.last - self.first, 1e-9)


def wait_until_stored(collection: Tasks, base: int, count: int, within: float) -> Drained:
    """Returns when ``count`` more documents than ``base`` are there; TooLate where they do not come in time.

    Asks for the count that the database keeps anyway: that costs it nothing.
    """
    wait_until(lambda: collection.estimated_document_count() > base, within, "the first task is stored", poll=POLL)
    seen, first = collection.estimated_document_count() - base, time.monotonic()
    wait_until(
        lambda: collection.estimated_document_count() >= base + count, within, f"{count} tasks are stored", poll=POLL
    )
    return Drained(count, first, min(seen, count), time.monotonic())
