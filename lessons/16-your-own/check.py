"""Whether a service that service.toml starts keeps the contract of the lab's own. The demands are those of conform/."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import httpx

from conform.demand import Demand, Verdict, judge
from conform.demands import GROUPS, OUTAGES
from conform.service import HTTP_TIMEOUT, Service
from lessons.kit import hops
from lessons.kit.place import Place
from lessons.kit.steps import step
from lessons.kit.verdict import NotYet
from lessons.kit.yours import Yours, declare, yours


def begin(place: Place) -> None:
    """The queues of the service."""
    place.clean()
    declare(place)


def end(place: Place) -> None:
    """The same: what the service stores is gone with the check."""
    begin(place)


@contextmanager
def _service(place: Place) -> Iterator[tuple[Yours, Service]]:
    """The student's service on queues of its own, and the judge's view of it."""
    begin(place)
    with yours(place) as found, httpx.Client(base_url=found.url, timeout=HTTP_TIMEOUT, trust_env=False) as http:
        yield found, Service(http, place.addresses["rabbitmq"], place.queue, place.documents)


def _hold(place: Place, demands: Iterable[Demand]) -> None:
    """NotYet with the first demand that does not hold; else with the first that could not be judged."""
    with _service(place) as (found, service):
        unjudged = None
        for one in judge(service, demands):
            if one.outcome == "does not":
                raise _not_yet(place, found, one)
            unjudged = unjudged or (one if one.outcome != "holds" else None)
        found.must_run()
        if unjudged:
            raise _not_yet(place, found, unjudged)


def _not_yet(place: Place, found: Yours, one: Verdict) -> NotYet:
    """With what the queue holds, and the last words of the programs."""
    found.must_run()
    said = [f"{each.file}: {each.last}" for each in (found.producer, found.worker) if each.last != "nothing"]
    hop = "; ".join([hops.queue(place), *said])
    return NotYet(f"{one.demand.sentence} (demand {one.demand.id})", one.seen, hop)


@step("it starts, and its messages are such that any worker can read them")
def publishes(place: Place) -> None:
    """Persistent, named by the task's id, with the whole task in it."""
    _hold(place, GROUPS["message"])


@step("its worker stores each task once, and buries what is none")
def stores(place: Place) -> None:
    """Whoever has published it."""
    _hold(place, GROUPS["document"])


@step("where the queue takes nothing it says no, and it goes on when the queue was away")
def survives(place: Place) -> None:
    """A 202 is said only when the broker has the task."""
    _hold(place, GROUPS[OUTAGES])


@step("over HTTP it answers as the contract says")
def answers(place: Place) -> None:
    """Statuses, headers, problem documents, pages."""
    _hold(place, GROUPS["http"])
