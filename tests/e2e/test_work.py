"""Simulated work: what synchronous and asynchronous differ in."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest

from tests.support.accounting import Tasks, assert_accounted
from tests.support.api import Api
from tests.support.broker import Broker
from tests.support.load import send_many
from tests.support.stack import Stack

TASKS = 20
WAIT_MS = 300
MANY = int(os.environ.get("LAB_TEST_TASKS", "2000"))
CONNECTIONS = 64


@contextmanager
def without(stack: Stack, worker: str) -> Iterator[None]:
    """The other worker alone."""
    stack.lab("stop", worker)
    try:
        yield
    finally:
        stack.lab("start", worker)


def overlap(api: Api) -> float:
    """How many waits the worker had under way at once on average: the sum of all waits over the time they took."""
    ids = [api.send(work={"io_ms": WAIT_MS}) for _ in range(TASKS)]
    times = [api.stored(task_id, within=30)["passport"]["times"] for task_id in ids]
    began = min(datetime.fromisoformat(time["received"]) for time in times)
    ended = max(datetime.fromisoformat(time["stored"]) for time in times)
    return TASKS * WAIT_MS / 1000 / (ended - began).total_seconds()


def test_only_the_async_worker_overlaps_its_waits(stack: Stack, apis: dict[str, Api]) -> None:
    """20 tasks that wait 300 ms each: one after the other in the sync worker, many at once in the async one."""
    with without(stack, "asyncworker"):
        sync = overlap(apis["flask"])
    with without(stack, "pyworker"):
        overlapping = overlap(apis["flask"])

    assert sync <= 1.05
    assert overlapping > 4 * sync


@pytest.mark.timeout(60 + MANY // 20)
def test_every_one_of_many_tasks_over_64_connections_is_stored_once(
    api: Api, stack: Stack, collection: Tasks, broker: Broker
) -> None:
    """LAB_TEST_TASKS says how many (2,000): on a healthy stack each gets its 202, and each is stored once."""
    history = send_many(stack.addresses["http"], api.name, MANY, CONNECTIONS)

    assert MANY == len(history.accepted), str(history)
    assert_accounted(history, collection, broker, within=20 + MANY / 100)
