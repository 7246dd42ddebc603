"""Where the event loop wins and where it does not: tasks that wait for something else, and tasks that compute."""

from bench.book import Bench, Point
from bench.candidates import Ours
from bench.parts.drain import drain, put_back
from drills.sides import SIDES

PART = "work"
IO_MS = (0, 5, 20, 100)
CPU_MS = (0, 1, 5)
ABOUT = 4_000.0
"""Milliseconds that a worker which does one task after the other needs for a backlog."""
MOST = 20_000
FEWEST = 60


def measure(bench: Bench) -> None:
    """One worker of each twin in turn, on tasks that wait and on tasks that compute."""
    for _ in bench.rounds():
        for io_ms in IO_MS:
            _both(bench, "io_ms", io_ms, (io_ms, 0))
        for cpu_ms in CPU_MS:
            _both(bench, "cpu_ms", cpu_ms, (0, cpu_ms))
    put_back(bench)


def _both(bench: Bench, case: str, at: int, work: tuple[int, int]) -> None:
    count = max(FEWEST, min(bench.wish.sized(MOST), int(ABOUT / at) if at else MOST))
    for side in SIDES:
        one = Ours(bench.stage, side)
        drained = drain(bench, one, count, 1, Point(PART, case, one.name, at, f"{case} a task"), work)
        bench.tell(f"{case} = {at}, {one.name}: {drained.rate:,.0f} tasks/s")
