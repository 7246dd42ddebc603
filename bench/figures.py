"""The figures of a run: ratios within it, each with its goal. A figure whose parts were not measured is left out."""

from collections.abc import Callable, Iterable, Sequence
from statistics import median

from bench.book import FOR_A_CPU_SECOND
from bench.measure import Series, find
from drills.result import Figure

SYNC_PEERS = ("celery", "celery-threads", "dramatiq")
ASYNC_PEERS = ("faststream", "taskiq")
LIBRARIES = (*SYNC_PEERS, *ASYNC_PEERS)
AT = 32.0
MOST_MEGABYTES = 120.0
SMALL, LARGE = 10_000.0, 1_000_000.0


Ratio = Callable[[Sequence[Series]], float]


class Missing(Exception):
    """A figure needs what was not measured."""


def figures(series: Sequence[Series]) -> list[Figure]:
    """Every figure whose parts were measured."""
    found = []
    for name, value, least, goal in GOALS:
        try:
            reached = value(series)
        except Missing:
            continue
        ok = reached >= goal if least else reached <= goal
        found.append(Figure(name, round(reached, 3), f"{'≥' if least else '≤'} {goal:g}", ok))
    return found


def _one(series: Iterable[Series], **wanted: object) -> Series:
    found = find(series, **wanted)
    if not found:
        raise Missing
    return found[0]


def _ratio(above: Series, below: Series) -> float:
    """The median of the rounds' ratios: the two of a round were measured one after the other."""
    ratios = [one / other for one, other in zip(above.values, below.values, strict=True) if other]
    if not ratios:  # In a small look nothing may have been there to be timed.
        raise Missing
    return median(ratios)


def _against_best(case: str, measure: str, ours: str, peers: Sequence[str], best: Callable[..., Series] = max) -> Ratio:
    """Ours against the best of the peers, by a measure."""

    def value(series: Sequence[Series]) -> float:
        theirs = [one for one in find(series, part="peers", case=case, measure=measure) if one.candidate in peers]
        if not theirs:
            raise Missing
        strongest = best(theirs, key=lambda one: one.median)
        return _ratio(_one(series, part="peers", case=case, measure=measure, candidate=ours), strongest)

    return value


def _whole(ours: str) -> Ratio:
    return _against_best("whole path", "stored/s", ours, LIBRARIES)


def _post(ours: str, peers: Sequence[str]) -> Ratio:
    return _against_best("POST to 202", "requests/s", ours, peers)


def _p95(ours: str, peers: Sequence[str]) -> Ratio:
    return _against_best("POST to 202", "p95", ours, peers, min)


def _drain(ours: str, peers: Sequence[str]) -> Ratio:
    return _against_best("drain", "tasks/s", ours, peers)


def _against_empty(twin: str) -> Ratio:
    def value(series: Sequence[Series]) -> float:
        asked = {"part": "http", "candidate": twin, "at": AT, "measure": "requests/s"}
        return _ratio(_one(series, case="POST /tasks", **asked), _one(series, case="POST empty", **asked))

    return value


def _two_workers(twin: str) -> Ratio:
    def value(series: Sequence[Series]) -> float:
        asked = {"part": "drain", "candidate": twin, "measure": "tasks/s"}
        return _ratio(_one(series, at=2, **asked), _one(series, at=1, **asked))

    return value


def _grown(twin: str, case: str) -> Ratio:
    def value(series: Sequence[Series]) -> float:
        asked = {"part": "growth", "candidate": twin, "case": case, "measure": "p50"}
        return _one(series, at=LARGE, **asked).median / _one(series, at=SMALL, **asked).median

    return value


def _cost(part: str, case: str, with_it: str, without: str) -> Ratio:
    """What is done for a second of a processor with something, against the same without it."""

    def value(series: Sequence[Series]) -> float:
        asked = {"part": part, "case": case, "measure": FOR_A_CPU_SECOND}
        return _ratio(_one(series, candidate=with_it, **asked), _one(series, candidate=without, **asked))

    return value


def _traced(twin: str, case: str) -> Ratio:
    return _cost("tracing", f"{case}, {twin}", f"{twin}, 10 %", f"{twin}, off")


def _long_queue(twin: str, case: str, measure: str) -> Ratio:
    def value(series: Sequence[Series]) -> float:
        asked = {"part": "growth", "candidate": twin, "case": case, "measure": measure}
        return _ratio(_one(series, at=LARGE, **asked), _one(series, at=0, **asked))

    return value


def _memory(series: Sequence[Series]) -> float:
    """The largest of our processes, wherever it was measured."""
    ours = {f"RSS of {name}" for name in ("flask", "asyncapp", "pyworker", "asyncworker")}
    found = [max(one.values) for one in series if one.measure in ours and one.candidate in {"flask", "async"}]
    if not found:
        raise Missing
    return max(found)


def _watched(twin: str, case: str) -> Ratio:
    """Recording, and on top of it what being asked takes of all processors."""
    recording = _cost("watch", f"{case}, {twin}", "recorded", "nothing recorded")

    def value(series: Sequence[Series]) -> float:
        scraping = _one(series, part="watch", case=f"scraped every 5 s, at rest, {twin}", measure="of all processors")
        return recording(series) * (1 - scraping.median / 100)

    return value


def _looked_at(twin: str, case: str) -> Ratio:
    return _cost("board", f"{case}, {twin}", "a page is open", "nobody looks")


GOALS: tuple[tuple[str, Ratio, bool, float], ...] = (
    ("whole path, Flask, against the best library", _whole("flask"), True, 2.5),
    ("whole path, Quart, against the best library", _whole("async"), True, 3.0),
    ("POST to 202, Flask, against the best sync library", _post("flask", SYNC_PEERS), True, 1.5),
    ("POST to 202, Quart, against the best async library", _post("async", ASYNC_PEERS), True, 1.6),
    ("POST to 202, Flask, against the empty handler", _against_empty("flask"), True, 0.45),
    ("POST to 202, Quart, against the empty handler", _against_empty("async"), True, 0.45),
    ("POST to 202, p95, Flask, against the best sync library", _p95("flask", SYNC_PEERS), False, 0.6),
    ("POST to 202, p95, Quart, against the best async library", _p95("async", ASYNC_PEERS), False, 0.6),
    ("drain, one sync worker, against the best library", _drain("flask", LIBRARIES), True, 9.0),
    ("drain, one async worker, against the best library", _drain("async", LIBRARIES), True, 9.0),
    ("drain, one sync worker, against the naive worker", _drain("flask", ("naive",)), True, 25.0),
    ("drain, one async worker, against the naive worker", _drain("async", ("naive",)), True, 25.0),
    ("drain, two sync workers against one", _two_workers("flask"), True, 1.3),
    ("drain, two async workers against one", _two_workers("async"), True, 1.3),
    ("POST to 202, Flask, against a connection a request", _post("flask", ("naive",)), True, 5.0),
    ("POST to 202, Quart, against a connection a request", _post("async", ("naive",)), True, 5.0),
    *(
        (
            f"GET /tasks {page}, {name}, time at 1 M documents against 10 k",
            _grown(twin, f"GET /tasks {page}"),
            False,
            1.3,
        )
        for page in ("newest 50", "page 100")
        for twin, name in (("flask", "Flask"), ("async", "Quart"))
    ),
    *(
        (f"{case}, {name}, with 1 M messages waiting against none", _long_queue(twin, case, measure), True, 0.7)
        for case, measure in (("publish", "requests/s"), ("drain", "tasks/s"))
        for twin, name in (("flask", "Flask"), ("async", "Quart"))
    ),
    *(
        (f"{case}, {name}, {what}", value(twin, case), True, goal)
        for what, value, cases, goal in (
            ("with a tenth traced against none", _traced, ("POST to 202", "whole path"), 0.95),
            ("with metrics, scraped every 5 s, against none", _watched, ("POST to 202", "drain"), 0.97),
            ("with the board open, against nobody looking", _looked_at, ("POST to 202", "drain"), 0.97),
        )
        for case in cases
        for twin, name in (("flask", "Flask"), ("async", "Quart"))
    ),
    ("memory of our largest process, MB", _memory, False, MOST_MEGABYTES),
)
