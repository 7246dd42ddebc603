"""What traces cost: each twin with none and with a tenth of the tasks traced in turn, and with all of them."""

import subprocess
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bench.book import Bench, Point
from bench.choices.variants import Running, Variant
from bench.fill import TRACED
from bench.paired import STARTS, fresh, post, turns
from bench.parts.drain import drain, put_back
from bench.parts.peers import CONNECTIONS, POST, WHOLE, whole
from bench.servers import python, running, wait_until_listening
from bench.tracing_times import DELIVERY, REQUEST
from cli.ports import LOOPBACK, free_port
from drills.sides import SIDES, Side

PART = "tracing"
DRAIN = "drain"
SHARES = {"off": "", "10 %": "0.1", "all": "1"}
POSTS, SECONDS = 4, 1
"""So many turns of each after each start, and how long one lasts."""
WHOLES = 6
BACKLOG = 50_000
CALLS = 50_000
TIMEOUT = 300.0


def measure(bench: Bench) -> None:
    """Requests, the whole path and draining; then what tracing takes by itself."""
    port = free_port()
    log = Path(bench.stage.lab.state, "log", "receiver.log")
    with running(python(("bench.receiver", str(port))), {}, log):
        wait_until_listening(port, "the receiver")
        sides = {side: _variants(side, f"http://{LOOPBACK}:{port}") for side in SIDES}
        for side in SIDES:
            bench.stage.stack.stop(side.worker)
        for _ in bench.rounds():
            for side, three in sides.items():
                _round(bench, side, [Running(bench.stage, one) for one in three])
    put_back(bench)


def _variants(side: Side, endpoint: str) -> list[Variant]:
    made = partial(Variant, side=side)
    return [made(f"{side.name}, {name}", environ=_environ(endpoint, share)) for name, share in SHARES.items()]


def _environ(endpoint: str, share: str) -> dict[str, str]:
    if not share:
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": ""}
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_TRACES_SAMPLER_ARG": share, TRACED: share}


def _point(case: str, side: Side, one: Variant, at: float = 0, axis: str = "") -> Point:
    return Point(PART, f"{case}, {side.name}", one.name, at, axis)


def _round(bench: Bench, side: Side, three: Sequence[Running]) -> None:
    """None and a tenth in short turns, since it is them that are compared; all of them once."""
    every = three[-1]
    for _ in range(STARTS):
        with fresh(bench, three[:-1]) as pair:
            none, tenth = pair
            for number, one in turns((none, tenth), POSTS):
                _post(bench, side, one, number)
            for _, one in turns((none, tenth), WHOLES):
                _whole(bench, side, one)
    with fresh(bench, three):
        _post(bench, side, every, 1)
        _whole(bench, side, every)
        for one in three:
            _drain(bench, side, one)
    for one in three:
        _times(bench, side, one.variant)


def _post(bench: Bench, side: Side, one: Running, number: int) -> None:
    point = _point(POST, side, one.variant, CONNECTIONS, "connections")
    load = post(bench, one, point, one.processes(), SECONDS)
    bench.tell(f"{POST}, {one.name}, turn {number} of {POSTS}: {load.rate:,.0f}/s")


def _whole(bench: Bench, side: Side, one: Running) -> None:
    whole(bench, one, _point(WHOLE, side, one.variant, CONNECTIONS, "connections"))


def _drain(bench: Bench, side: Side, one: Running) -> None:
    point = _point(DRAIN, side, one.variant, 1, "workers")
    try:
        drained = drain(bench, one, bench.wish.sized(BACKLOG), 1, point)
    finally:
        one.stop_workers()
        bench.stage.broker.purge(one.queue)
    bench.tell(f"{DRAIN}, {one.name}: {drained.rate:,.0f}/s")


def _times(bench: Bench, side: Side, one: Variant) -> None:
    """In a process of its own, where nothing else is counted."""
    environ = {**bench.stage.lab.variables, **one.environ}
    for what in (REQUEST, DELIVERY):
        command = python(("bench.tracing_times", side.package, what, str(bench.wish.sized(CALLS))))
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=TIMEOUT)
        bench.book.put(_point("tracing itself", side, one), what, "µs", float(done.stdout))
        bench.tell(f"{what}, {one.name}: {float(done.stdout):.2f} µs")
