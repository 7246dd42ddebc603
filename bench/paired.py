"""What something costs, to a hundredth, with it and without in short turns.

The speed of a shared computer changes by a third from one minute to the next. What lies close together is changed
alike, so the ratio of two short turns says more than that of two long ones, and the median of many such ratios more.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Protocol, TypeVar

from bench import wrk
from bench.book import Bench, Point
from bench.choices.variants import Running
from bench.parts.http import BODY
from cli.errors import Failed
from drills.waiting import wait_until_no_error

One = TypeVar("One")
STARTS = 3
"""So often in a round the two are started afresh: how its processes share the connections stays with each of them, and
two that are the same differ by some hundredths for as long as they run."""
CONNECTIONS, WARM = 32, 2
ANSWERS_WITHIN = 60.0


class Asked(Protocol):
    """A producer API."""

    @property
    def url(self) -> str:
        """Where its tasks are posted."""

    @property
    def queue(self) -> str:
        """Where they wait."""


def turns(pair: tuple[One, One], count: int) -> Iterator[tuple[int, One]]:
    """Each of the two that often, with the turn's number, as a b b a a b: what changes steadily changes both alike."""
    for number in range(1, count + 1):
        for one in pair if number % 2 else reversed(pair):
            yield number, one


@contextmanager
def fresh(bench: Bench, several: Sequence[Running]) -> Iterator[list[Running]]:
    """They run from now on while the block lasts, and are warm."""
    with ExitStack() as stack:
        found = [stack.enter_context(one.serving()) for one in several]
        for one in found:
            wait_until_no_error(lambda url=one.url: wrk.post(url, CONNECTIONS, WARM, BODY), ANSWERS_WITHIN, (Failed,))  # type: ignore[misc]
            bench.stage.broker.purge(one.queue)
        yield found


def post(bench: Bench, one: Asked, point: Point, processes: Mapping[str, Sequence[int]], seconds: int) -> wrk.Load:
    """Requests to an API, what they cost these processes, and an empty queue afterwards."""
    done = [0]
    with bench.costs(point, processes, lambda: done[0]):
        load = wrk.post(one.url, int(point.at), seconds, BODY)
        done[0] = load.requests
    bench.stage.broker.purge(one.queue)
    bench.book.load(point, load)
    return load
