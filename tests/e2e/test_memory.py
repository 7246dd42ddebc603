"""A worker does not grow with what it has handled."""

from pathlib import Path

import psutil
import pytest

from tests.support.place import Place, place
from tests.support.programs import Process, worker
from tests.support.stack import Stack
from tests.support.waiting import wait_until

MEGABYTE = 1_000_000
FEW, MANY = 10_000, 100_000
GROWTH = 8 * MEGABYTE
"""Less than the ids of the tasks in between would take."""
LARGEST = 120 * MEGABYTE
WITHIN = 120.0


def size_after(own: Place, process: Process, count: int) -> int:
    """The worker's memory in bytes, when it has stored that many more tasks."""
    wanted = own.stored() + count
    for _ in range(0, count, FEW):  # In portions, so that the queue is being emptied while it is filled.
        own.fill(FEW)
    wait_until(lambda: own.stored() >= wanted, WITHIN, f"{wanted} tasks are stored")
    return int(psutil.Process(process.pid).memory_info().rss)


@pytest.mark.timeout(2 * WITHIN)
@pytest.mark.parametrize("package", ["app", "asyncapp"])
def test_a_worker_stays_small(stack: Stack, tmp_path: Path, package: str) -> None:
    """After a hundred thousand tasks it is about as large as after ten thousand."""
    with place(stack) as own, worker(package, own.environ, tmp_path / "log") as process:
        early = size_after(own, process, FEW)
        late = size_after(own, process, MANY - FEW)

    megabytes = f"{early / MEGABYTE:.1f} MB after {FEW} tasks, {late / MEGABYTE:.1f} MB after {MANY}"
    assert (True, True) == (late - early < GROWTH, late < LARGEST), megabytes
