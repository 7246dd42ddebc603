"""How long it takes from a POST until its task is stored, at a constant rate of requests."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from bench import wrk
from bench.book import Bench, Point
from bench.candidates import Ours
from bench.counting import Tasks, tasks, wait_until_stored
from bench.fill import NOTES
from drills.sides import SIDES

PART = "end-to-end"
CASE = "POST to stored"
RATES = (500, 1_000)
CONNECTIONS = 64
SHORTEST = 10
"""Seconds: tails need many tasks."""
MILLISECONDS = 1000.0
WITHIN = 60.0


def measure(bench: Bench) -> None:
    """Each twin in turn. A time counts from the moment at which the request was due, however late it was sent."""
    for _ in bench.rounds():
        for rate in RATES:
            for side in SIDES:
                _measure(bench, Ours(bench.stage, side), rate)


def _measure(bench: Bench, one: Ours, rate: int) -> None:
    point = Point(PART, CASE, one.name, rate, "requests/s")
    seconds = max(SHORTEST, bench.wish.seconds) if bench.wish.size >= 1 else bench.wish.seconds
    with tasks(bench.stage.database) as collection:
        base = collection.estimated_document_count()
        with collection.watch([{"$match": {"operationType": "insert"}}]) as stream:
            token = stream.resume_token
        load = wrk.run(one.url, "paced", CONNECTIONS, seconds, {"BENCH_RATE": str(rate), "BENCH_NOTES": NOTES})
        wait_until_stored(collection, base, load.requests, WITHIN)
        late = _latencies(collection, token, load.requests)
    bench.book.put(point, "requests/s", "1/s", load.rate)
    for name, value in zip(("p50", "p95", "p99"), _percentiles(late), strict=True):
        bench.book.put(point, f"202 {name}", "ms", getattr(load, name))
        bench.book.put(point, f"stored {name}", "ms", value)
    bench.tell(f"{CASE}, {one.name}, {load.rate:,.0f}/s: stored p50 {_percentiles(late)[0]:.1f} ms")


def _latencies(collection: Tasks, token: Mapping[str, Any] | None, count: int) -> list[float]:
    """Milliseconds from the moment a request was due until the database wrote its document, by its own clock.

    Read from the change stream afterwards, so that nothing watches while it is measured.
    """
    found: list[float] = []
    with collection.watch([{"$match": {"operationType": "insert"}}], resume_after=token, batch_size=2000) as stream:
        while len(found) < count:
            change = stream.next()
            due = float(change["fullDocument"]["title"].split()[1].partition("-")[0])
            found.append((change["wallTime"].timestamp() - due) * MILLISECONDS)
    return found


def _percentiles(values: Sequence[float]) -> tuple[float, float, float]:
    hundredths = statistics.quantiles(values, n=100)
    return hundredths[49], hundredths[94], hundredths[98]
