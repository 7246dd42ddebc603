"""What it costs to be watched: ours as it is, in turn with ours that records nothing; and what scraping takes.

Prometheus is the lab's own, with its shipped settings, on the same computer: its share of the processors counts too.
What it asks for, and how often, does not hang on the load, so that is measured on a lab at rest.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx

from bench.book import Bench, Point
from bench.choices.variants import Running, Variant
from bench.paired import CONNECTIONS, STARTS, fresh, post, turns
from bench.parts.drain import drain, put_back
from bench.rest import taken_at_rest
from bench.servers import family, running
from cli import memory, packages, watching
from cli.ports import LOOPBACK, free_port
from cli.programs import WORKER_PORTS
from drills.sides import SIDES, Side
from drills.waiting import wait_until

PART = "watch"
POST = "POST to 202"
DRAIN = "drain"
SCRAPE = "scraped every 5 s, at rest"
NOTHING, RECORDED = "nothing recorded", "recorded"
SHARE = "of all processors"
POSTS, SECONDS = 4, 1
"""So many turns of each after each start, and how long one lasts."""
DRAINS, BACKLOG = 2, 20_000
SEEN_WITHIN = 60.0
PERCENT = 100.0


def measure(bench: Bench) -> None:
    """Each twin beside itself without metrics, in POSTs and in draining a queue; then what being asked takes."""
    for name in packages.WATCHERS:
        packages.ensure_program(name)
    for side in SIDES:
        bench.stage.stack.stop(side.worker)
    for _ in bench.rounds():
        for side in SIDES:
            _round(bench, side)
    put_back(bench)


def _round(bench: Bench, side: Side) -> None:
    """Each started afresh several times; then what being asked takes."""
    without = Running(bench.stage, Variant(NOTHING, side, inside=("unmeasured",)))
    ours = Running(bench.stage, Variant(RECORDED, side), worker_port=free_port())
    for _ in range(STARTS):
        with fresh(bench, (without, ours)):
            for number, one in turns((without, ours), POSTS):
                _post(bench, side, one, number)
            for number, one in turns((without, ours), DRAINS):
                _drain(bench, side, one, number)
    with fresh(bench, [ours]):
        _scraping(bench, side, ours)


def _post(bench: Bench, side: Side, one: Running, number: int) -> None:
    point = Point(PART, f"{POST}, {side.name}", one.name, CONNECTIONS, "connections")
    load = post(bench, one, point, one.processes(), SECONDS)
    bench.tell(f"{point.case}, {one.name}, turn {number} of {POSTS}: {load.rate:,.0f}/s")


def _drain(bench: Bench, side: Side, one: Running, number: int) -> None:
    point = Point(PART, f"{DRAIN}, {side.name}", one.name, 1, "workers")
    drained = drain(bench, one, bench.wish.sized(BACKLOG), 1, point, processes=one.processes)
    bench.tell(f"{point.case}, {one.name}, turn {number} of {DRAINS}: {drained.rate:,.0f}/s")


def _scraping(bench: Bench, side: Side, one: Running) -> None:
    """What all of the lab takes more, with Prometheus and the exporter, than when nobody asks."""
    one.start_workers()
    alone = taken_at_rest(lambda: bench.everything(one.processes()))
    with scraped(bench, side, one) as watchers:
        asked = taken_at_rest(lambda: {**bench.everything(one.processes()), **watchers})
    one.stop_workers()
    more = PERCENT * max(0.0, asked - alone)
    bench.book.put(Point(PART, f"{SCRAPE}, {side.name}", RECORDED), SHARE, "%", more)
    bench.tell(f"{SCRAPE}, {side.name}: {more:.2f} % {SHARE}")


@contextmanager
def scraped(bench: Bench, side: Side, one: Running) -> Iterator[dict[str, list[int]]]:
    """Prometheus at these processes, as ``./lab up --watch`` runs it, while the block lasts; the watchers' own."""
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
        running(exporter.command, {}, lab.state / "log" / "exporter.log") as asks_nginx,
        running(prometheus.command, {}, lab.state / "log" / "prometheus.log") as asks_all,
    ):
        wait_until(lambda: _sees(port, side.api), SEEN_WITHIN, f"Prometheus scrapes {side.api}")
        yield {"exporter": family(asks_nginx.pid), "prometheus": family(asks_all.pid)}


def _sees(port: int, job: str) -> bool:
    """Whether Prometheus has got something from a job."""
    asked = {"query": f'up{{job="{job}"}} == 1', "time": str(time.time())}
    try:
        answer = httpx.get(f"http://{LOOPBACK}:{port}/api/v1/query", params=asked, trust_env=False)
        return bool(answer.json()["data"]["result"])
    except (httpx.HTTPError, ValueError, KeyError):
        return False
