"""A lab at rest: what it takes of the processors while nobody asks it anything, and the wait until it is.

Servers go on after the answer: deleted documents are cleared out of files, and messages moved to others, for as long as
a minute after a million of them. Whoever measures meanwhile measures that as well.
"""

import time
from collections.abc import Callable, Mapping, Sequence

import psutil

from bench.book import Bench
from bench.usage import cpu
from drills.waiting import TooLate, wait_until

REST = 10.0
"""Seconds that one look at a lab at rest takes."""
GLANCE = 1.0
"""Seconds that one look takes whether it is at rest."""
CALM = 0.04
"""It is, while it takes no more than this share of all processors."""
SETTLED_WITHIN = 180.0

Processes = Callable[[], Mapping[str, Sequence[int]]]


def taken_at_rest(processes: Processes, seconds: float = REST) -> float:
    """The share of all processors that these take while nobody asks them anything. Waits for so many seconds."""
    began, before = time.monotonic(), cpu(processes())
    time.sleep(seconds)
    after, ended = cpu(processes()), time.monotonic()
    spent = sum(after[name] - before.get(name, 0.0) for name in after)
    return spent / (ended - began) / (psutil.cpu_count() or 1)


def settle(bench: Bench) -> None:
    """Wait until what was done before is over for the servers too; a lab that does not come to rest is noted."""

    def is_calm() -> bool:
        return taken_at_rest(lambda: bench.everything({}), GLANCE) <= CALM

    try:
        wait_until(is_calm, SETTLED_WITHIN, "the lab is at rest", poll=0.0)
    except TooLate as error:
        bench.notes.append(f"measured nevertheless: {error}")
