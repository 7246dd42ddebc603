"""A class of thirty: each student sends a task, lists the tasks, waits until the own one is stored, and thinks."""

from typing import Any

from bench import wrk
from bench.book import Bench, Point
from bench.candidates import Ours
from bench.parts.http import BODY
from drills.sides import SIDES

PART = "classroom"
STUDENTS = 30
THINK_MS = 200
"""On average, before the next task."""
LASTS = 15
"""Times the seconds of another load: a minute."""


def measure(bench: Bench) -> None:
    """The class works with one twin, then with the other."""
    for side in SIDES:
        one = Ours(bench.stage, side)
        bench.tell(f"{STUDENTS} students at {one.url}")
        settings = {"BENCH_THINK_MS": str(THINK_MS), "BENCH_PATH": f"/{side.name}/tasks", "BENCH_BODY": BODY}
        load = wrk.run(one.url, "students", STUDENTS, LASTS * bench.wish.seconds, settings, threads=STUDENTS)
        for case in ("send", "list", "wait"):
            _write(bench, Point(PART, case, one.name, STUDENTS, "students"), load.more[case], load.seconds)


def _write(bench: Bench, point: Point, told: dict[str, Any], seconds: float) -> None:
    bench.book.put(point, "requests/s", "1/s", told["count"] / seconds)
    for name in ("p50", "p95", "p99"):
        bench.book.put(point, name, "ms", told[name])
    bench.tell(f"{point.case}, {point.candidate}: p50 {told['p50']:.1f} ms, p95 {told['p95']:.1f} ms")
