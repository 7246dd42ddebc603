"""How many requests the APIs answer, how quickly, and what each costs, at several numbers of connections."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from bench import wrk
from bench.book import Bench, Point
from bench.candidates import Ours, empty
from bench.counting import tasks
from bench.documents import insert
from bench.fill import NOTES, TITLE
from drills.sides import SIDES

PART = "http"
CONNECTIONS = (1, 8, 32, 64, 256)
WARM = 32
"""Connections of a first load that is not written down."""
STORED = 10_000
POST = "POST /tasks"
EMPTY = "POST empty"
LIST = "GET /tasks"
ONE = "GET /tasks/{id}"
BODY = f'{{"title": "{TITLE}", "notes": "{NOTES}"}}'


@dataclass(frozen=True)
class Asked:
    """One case of one candidate: how to load it, and whose processes work then."""

    case: str
    candidate: str
    load: Callable[[int], wrk.Load]
    """By the number of connections."""
    processes: Callable[[], Mapping[str, Sequence[int]]]


def measure(bench: Bench) -> None:
    """Each case of each twin in turn, the workers standing still: only what the API's side takes is measured."""
    with tasks(bench.stage.database) as collection:
        ids = insert(collection, bench.wish.sized(STORED))
    with ExitStack() as stack:
        asked = _cases(bench, stack, ids[0])
        for side in SIDES:
            bench.stage.stack.stop(side.worker)
        for one in asked:
            one.load(WARM)
        for _ in bench.rounds():
            for connections in CONNECTIONS:
                for one in asked:
                    _measure(bench, one, connections)
        for side in SIDES:
            bench.stage.stack.start(side.worker)
    bench.stage.wait_until_ready()


def _cases(bench: Bench, stack: ExitStack, task_id: str) -> list[Asked]:
    """The twins take turns in each case, and each is followed by the empty handler on the same server."""
    seconds = bench.wish.seconds
    ours = [Ours(bench.stage, side) for side in SIDES]
    asked = []
    for one in ours:
        address = stack.enter_context(empty(bench.stage, one.name))
        asked.append(Asked(POST, one.name, partial(_post, one.url, seconds), one.processes))
        asked.append(Asked(EMPTY, one.name, partial(_post, address, seconds), dict))
    for case, path in ((LIST, ""), (ONE, f"/{task_id}")):
        asked += [Asked(case, one.name, partial(_get, one.url + path, seconds), one.processes) for one in ours]
    return asked


def _post(url: str, seconds: int, connections: int) -> wrk.Load:
    return wrk.post(url, connections, seconds, BODY)


def _get(url: str, seconds: int, connections: int) -> wrk.Load:
    return wrk.get(url, connections, seconds)


def _measure(bench: Bench, one: Asked, connections: int) -> None:
    point = Point(PART, one.case, one.candidate, connections, "connections")
    done: list[int] = []
    with bench.costs(point, one.processes(), lambda: done[0]):
        load = one.load(connections)
        done.append(load.requests)
    bench.book.load(point, load)
    bench.tell(f"{one.case}, {one.candidate}, {connections} connections: {load.rate:,.0f}/s, p95 {load.p95:.1f} ms")
    bench.stage.clear()
