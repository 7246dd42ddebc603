"""What it costs to be watched: ours as it is, with Prometheus at it or without, beside ours that records nothing.

Prometheus is the lab's own, with its shipped settings, on the same computer: its share of the processors counts too.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import httpx

from bench import wrk
from bench.book import Bench, Point
from bench.choices.variants import Running, Variant
from bench.parts.drain import drain, put_back
from bench.parts.http import BODY
from bench.servers import running
from cli import memory, packages, watching
from cli.errors import Failed
from cli.ports import LOOPBACK, free_port
from cli.programs import WORKER_PORTS
from drills.sides import SIDES, Side
from drills.waiting import wait_until, wait_until_no_error

PART = "watch"
POST = "POST to 202"
DRAIN = "drain"
NOTHING, ALONE, SCRAPED = "nothing recorded", "recorded", "recorded and scraped"
CONNECTIONS = 32
LASTS = 5
"""Times the seconds of another load, so that Prometheus asks several times in each."""
BACKLOG = 50_000
SEEN_WITHIN = 60.0


@dataclass(frozen=True)
class Turn:
    """One of those that are compared."""

    name: str
    one: Running
    is_scraped: bool


def measure(bench: Bench) -> None:
    """Each twin; all three in turn, in POSTs and in draining a queue."""
    for name in packages.WATCHERS:
        packages.ensure_program(name)
    for side in SIDES:
        bench.stage.stack.stop(side.worker)
    for side in SIDES:
        with ExitStack() as stack:
            turns = _turns(bench, stack, side)
            for _ in bench.rounds():
                for turn in turns:
                    _measured(bench, side, turn)
    put_back(bench)


def _turns(bench: Bench, stack: ExitStack, side: Side) -> list[Turn]:
    """Scraped or not, it is the same process; the one that records nothing runs beside it."""
    ours = Running(bench.stage, Variant(f"{side.name} recorded", side), worker_port=free_port())
    without = Running(bench.stage, Variant(f"{side.name} unmeasured", side, inside=("unmeasured",)))
    for one in (ours, without):
        stack.enter_context(one.serving())
        wait_until_no_error(lambda one=one: _load(bench, one, 1), SEEN_WITHIN, (Failed,))  # type: ignore[misc]
    return [Turn(NOTHING, without, False), Turn(ALONE, ours, False), Turn(SCRAPED, ours, True)]


def _measured(bench: Bench, side: Side, turn: Turn) -> None:
    with ExitStack() as stack:
        if turn.is_scraped:
            stack.enter_context(scraped(bench, side, turn.one))
        _post(bench, side, turn)
        point = Point(PART, f"{DRAIN}, {side.name}", turn.name, 1, "workers")
        drained = drain(bench, turn.one, bench.wish.sized(BACKLOG), 1, point)
        bench.tell(f"{DRAIN}, {side.name}, {turn.name}: {drained.rate:,.0f}/s")


def _post(bench: Bench, side: Side, turn: Turn) -> None:
    point, done = Point(PART, f"{POST}, {side.name}", turn.name, CONNECTIONS, "connections"), [0]
    with bench.costs(point, turn.one.processes(), lambda: done[0]):
        load = _load(bench, turn.one, LASTS * bench.wish.seconds)
        done[0] = load.requests
    bench.book.load(point, load)
    bench.tell(f"{POST}, {side.name}, {turn.name}: {load.rate:,.0f}/s, p95 {load.p95:.1f} ms")


def _load(bench: Bench, one: Running, seconds: int) -> wrk.Load:
    load = wrk.post(one.url, CONNECTIONS, seconds, BODY)
    bench.stage.broker.purge(one.queue)
    return load


@contextmanager
def scraped(bench: Bench, side: Side, one: Running) -> Iterator[None]:
    """Prometheus at these processes, as ``./lab up --watch`` runs it, while the block lasts."""
    lab, port = bench.stage.lab, free_port()
    own = {
        "PROMETHEUS_PORT": port,
        f"{side.name.upper()}_PORT": one.api_port,
        WORKER_PORTS[side.worker]: one.worker_port,
    }
    variables = {**lab.variables, **{name: str(number) for name, number in own.items()}}
    made = replace(lab, state=lab.state / f"prometheus-{port}", variables=variables)
    ports = memory.recall(lab.state).ports
    exporter, prometheus = watching.programs(made, ports, watching.write(made, ports, {}))
    with (
        running(exporter.command, {}, lab.state / "log" / "exporter.log"),
        running(prometheus.command, {}, lab.state / "log" / "prometheus.log"),
    ):
        wait_until(lambda: _sees(port, side.api), SEEN_WITHIN, f"Prometheus scrapes {side.api}")
        yield


def _sees(port: int, job: str) -> bool:
    """Whether Prometheus has got something from a job."""
    asked = {"query": f'up{{job="{job}"}} == 1', "time": str(time.time())}
    try:
        answer = httpx.get(f"http://{LOOPBACK}:{port}/api/v1/query", params=asked, trust_env=False)
        return bool(answer.json()["data"]["result"])
    except (httpx.HTTPError, ValueError, KeyError):
        return False
