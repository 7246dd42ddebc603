"""Stored tasks made in bulk, as workers store them, so that a collection has a wanted size."""

import os
import time
from collections.abc import Iterator
from datetime import timedelta

from bench.counting import Tasks
from bench.fill import NOTES, TITLE
from core.clock import at
from core.documents import INDEXES
from core.enrich import Document, Receipt, enrich
from core.ids import new_id
from core.task import Task

BATCH = 2_000
SPACING = timedelta(milliseconds=3)


def insert(collection: Tasks, count: int) -> list[str]:
    """That many documents more, stored one after the other some time ago; their ids, the oldest first."""
    for keys in INDEXES:
        collection.create_index(keys)
    ids: list[str] = []
    made = documents(count)
    while batch := [one for _, one in zip(range(BATCH), made, strict=False)]:
        collection.insert_many(batch, ordered=False)
        ids += [one["_id"] for one in batch]
    return ids


def documents(count: int) -> Iterator[Document]:
    """Documents as the synchronous worker writes them."""
    moment = at(time.time()) - count * SPACING
    for _ in range(count):
        moment += SPACING
        task_id = new_id(int(moment.timestamp() * 1000), os.urandom(10))
        task = Task(
            id=task_id, title=TITLE, notes=NOTES, source="flask", host="bench", request_id=task_id, accepted=moment
        )
        yield enrich(task, Receipt("pyworker", "bench", 1, False, moment), moment)
