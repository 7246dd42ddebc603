"""The gate in front of a student's database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from lessons.kit.gate import Gate, gate
from lessons.kit.place import Document
from lessons.kit.waiting import until
from lessons.kit.wire import Command

WITHIN = 10.0
ONE = Command("insert", {"insert": "tasks", "documents": [{"_id": 1}]})
BATCH = Command("update", {"update": "tasks", "updates": [{}, {}, {}]})
READ = Command("find", {"find": "tasks"})


def waiting(own: Gate, count: int) -> bool:
    """Whether so many wait at it, soon."""
    return until(lambda: own.waiting == count, WITHIN)


def test_documents_are_counted_and_not_commands() -> None:
    """Who writes a batch has as many tasks in hand as are in it."""
    with ThreadPoolExecutor() as pool, gate() as own:
        pool.submit(own.before, ONE)
        pool.submit(own.before, BATCH)
        assert waiting(own, 4)
        own.open()
        assert waiting(own, 0)


def test_what_reads_passes() -> None:
    """A program may look at what is there."""
    with gate() as own:
        own.before(READ)
        assert 0 == own.waiting


def _before(own: Gate) -> Document | None:
    own.before(ONE)
    return None


@pytest.mark.parametrize("hook", [_before, lambda own: own.answer(ONE, {"ok": 1})], ids=["before", "answer"])
def test_what_waits_at_the_end_is_broken_off(hook: Callable[[Gate], Document | None]) -> None:
    """It never happens later, when somebody else's tasks are in the database."""
    with ThreadPoolExecutor() as pool:
        with gate() as own:
            held = pool.submit(hook, own)
            assert waiting(own, 1)
        with pytest.raises(ConnectionAbortedError):
            held.result(WITHIN)
