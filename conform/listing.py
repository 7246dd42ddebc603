"""``GET /tasks``: pages of stored tasks, newest first."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from conform.demand import Violated, demand, must
from conform.refusing import REFUSED
from conform.sending import plant, task
from conform.service import Service, brief
from conform.serving import OK
from conform.shapes import Page, Stored, read

MANY, USUAL, SOME = 55, 50, 20
TOGETHER = 25
"""So many are stored at the same moment: a page that ends among them must go on among them."""
PAGES = 20
WRONG = (
    "limit=0", "limit=101", "limit=-1", "limit=1.0", "limit=ten", "limit=", "limit=1&limit=1", "after=x", "page=2",
    "limit[$gt]=1", "source[$ne]=flask", "source=FLASK", "source=$ne",
)  # fmt: skip


def _source(service: Service) -> str:
    return f"judge-{service.mark[-10:]}"


def _many(service: Service) -> set[str]:
    """The ids of more tasks than a page holds, of a source that no other task has; many of them stored at once."""

    def look() -> set[str]:
        tasks = [task(service, "listed", _source(service), number) for number in range(MANY)]
        now = datetime.now(UTC)
        for first in range(0, MANY, TOGETHER):
            plant(service, tasks[first : first + TOGETHER], now - timedelta(milliseconds=first))
        return {one.id for one in tasks}

    return service.once("many", look)


def _page(service: Service, **query: Any) -> Page:
    answer = service.ask("GET", "/tasks", params=query)
    must(answer.status_code == OK, brief(answer))
    return read(answer.content, Page)


def _mine(service: Service, **query: Any) -> Page:
    _many(service)
    return _page(service, source=_source(service), **query)


@demand("http", "page", "A page has items and next, and its items are whole tasks")
def page(service: Service) -> str:
    """As they are when read one by one."""
    first = _mine(service, limit=2).items[0]
    answer = service.ask("GET", f"/tasks/{first.id}")
    must(answer.status_code == OK and read(answer.content, Stored) == first, f"another one alone: {brief(answer)}")
    return f"{first.id}"


@demand("http", "newest-first", "A list begins with what was stored last")
def newest_first(service: Service) -> str:
    """Equal times are ordered by the ids."""
    items = _mine(service, limit=SOME).items
    places = [(one.passport.times.stored, one.id) for one in items]
    for place, (before, after) in enumerate(pairwise(places)):
        must(before > after, f"item {place} was stored at {before[0]}, item {place + 1} at {after[0]}")
    return f"{len(items)} in order"


@demand("http", "limit", f"A page holds as many tasks as limit says, {USUAL} without it, and never more")
def limit(service: Service) -> str:
    """A list without an end fills two memories: the client's and the service's."""
    for wished, count in ((SOME, SOME), (None, USUAL)):
        found = _mine(service, **({"limit": wished} if wished else {}))
        must(len(found.items) == count, f"{len(found.items)} items for limit={wished or 'left out'}")
        must(found.next, f"no next, with {MANY} tasks stored")
    return f"{SOME} for limit={SOME}, {USUAL} without it, of {MANY}"


@demand("http", "next", "Following next shows every task once, and ends with null")
def following(service: Service) -> str:
    """Its links are under the prefix, and keep limit and filters."""
    ids = _many(service)
    seen = [one.id for part in _walk(service) for one in part.items]
    must(len(seen) == len(set(seen)), f"{len(seen) - len(set(seen))} tasks twice")
    must(set(seen) == ids, f"{len(ids - set(seen))} of {len(ids)} tasks missing, {len(set(seen) - ids)} others")
    return f"{len(seen)} tasks, each once"


def _walk(service: Service) -> Iterator[Page]:
    found = _mine(service, limit=SOME)
    for _ in range(PAGES):
        yield found
        if found.next is None:
            return
        must(found.next.startswith(f"{service.prefix}/tasks?"), f"next: {found.next}, not under {service.prefix}/tasks")
        found = read(service.follow(found.next).content, Page)
    raise Violated(f"no end after {PAGES} pages")


@demand("http", "filters", "source and worker narrow the list; what nothing matches is an empty page")
def filters(service: Service) -> str:
    """Alone and together."""
    items = _mine(service, limit=SOME).items
    must({one.source for one in items} == {_source(service)}, f"sources { ({one.source for one in items}) }")
    worker = items[0].worker
    both = _mine(service, limit=SOME, worker=worker).items
    must(both and {one.worker for one in both} == {worker}, f"{len(both)} tasks of {worker}")
    none = _page(service, worker="nobody")
    must(none == Page([], None), f"{len(none.items)} tasks of nobody")
    return f"{len(both)} of {worker}, none of nobody"


@demand("http", "unknown-query", "A query that the contract does not know is refused with 400")
def unknown_query(service: Service) -> str:
    """Nothing is ignored or guessed at."""
    for query in WRONG:
        answer = service.ask("GET", f"/tasks?{query}")
        must(answer.status_code == REFUSED, f"?{query}: {brief(answer)}")
    return f"{len(WRONG)} queries, {REFUSED} each"
