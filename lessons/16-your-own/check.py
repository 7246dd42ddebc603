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
    """NotYet with the first demand that does not hold, and the names of the others."""
    with _service(place) as (found, service):
        verdicts = list(judge(service, demands))
        wrong = [one for outcome in ("does not", "could not be judged") for one in verdicts if one.outcome == outcome]
        found.must_run()
        if wrong:
            first, *others = wrong
            raise NotYet(f"{first.demand.sentence} (demand {first.demand.id})", first.seen, _hop(place, found, others))


def _hop(place: Place, found: Yours, others: list[Verdict]) -> str:
    """What else does not hold, what the queue holds, and the last words of the programs."""
    names = ", ".join(one.demand.id for one in others)
    said = [f"{one.file}: {one.last}" for one in (found.producer, found.worker) if one.last != "nothing"]
    return "; ".join([*([f"neither do {names}"] if names else []), hops.queue(place), *said])


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
