"""A processor for each process of a server: its threads take turns anyway, and on one processor a turn costs less.

Python lets one thread of a process run at a time. Threads on several processors spend more on waking each other, and on
waiting for Python's lock, than the second processor brings. docs/decisions/0009-a-processor-each.md has the figures.
"""

import os
from collections.abc import Iterable, Sequence


def usable(first: int) -> list[int]:
    """The numbers of the processors that this process may run on; none where the system does not tell.

    ``first`` says with which one the list begins, so that several servers of one machine do not all prefer the same.
    """
    if not hasattr(os, "sched_getaffinity"):
        return []
    numbers = sorted(os.sched_getaffinity(0))
    start = first % len(numbers)
    return numbers[start:] + numbers[:start]


def least_taken(numbers: Sequence[int], taken: Iterable[int | None]) -> int | None:
    """The one that the fewest others have, the first of several; None where there are none."""
    others = list(taken)
    return min(numbers, key=others.count, default=None)


def keep_to(number: int | None) -> None:
    """This process, and every thread it starts from now on, runs on that processor only; with None nothing changes."""
    if number is not None:
        os.sched_setaffinity(0, {number})
