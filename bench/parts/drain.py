"""How quickly workers empty a full queue."""

from collections.abc import Callable, Mapping, Sequence

from bench.book import Bench, Point
from bench.candidates import Candidate, Ours
from bench.counting import Drained, tasks, wait_until_stored
from drills.sides import SIDES

PART = "drain"
BACKLOG = 50_000
WORKERS = (1, 2)
WITHIN = 300.0


def measure(bench: Bench) -> None:
    """Each twin's worker in turn, one and then two of them, on a backlog that is there before they start."""
    for _ in bench.rounds():
        for workers in WORKERS:
            for side in SIDES:
                one = Ours(bench.stage, side)
                point = Point(PART, "drain", one.name, workers, "workers")
                drained = drain(bench, one, bench.wish.sized(BACKLOG), workers, point)
                bench.tell(f"drain, {one.name}, {workers} workers: {drained.rate:,.0f}/s")
    put_back(bench)


def drain(
    bench: Bench,
    one: Candidate,
    count: int,
    workers: int,
    point: Point,
    work: tuple[int, ...] = (),
    processes: Callable[[], Mapping[str, Sequence[int]]] | None = None,
) -> Drained:
    """Fill the queue, start the workers, and see how quickly everything is stored.

    ``processes``: whose time counts, once the workers run; else those of the candidate.
    """
    one.stop_workers()
    one.fill(count, *work)
    with tasks(bench.stage.database) as collection:
        base = collection.estimated_document_count()
        one.start_workers(workers)
        with bench.costs(point, processes() if processes else one.processes(), lambda: count):
            drained = wait_until_stored(collection, base, count, WITHIN)
    bench.book.put(point, "tasks/s", "1/s", drained.rate)
    one.stop_workers()
    return drained


def put_back(bench: Bench) -> None:
    """One worker of each twin runs again, as in every lab."""
    for side in SIDES:
        Ours(bench.stage, side).start_workers(1)
    bench.stage.wait_until_ready()
