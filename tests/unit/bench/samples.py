"""Runs of the bench as they might have been. Every value is invented: it was never measured."""

from collections.abc import Iterator
from random import Random

from bench.measure import Results, Series
from drills.result import Figure

ROUNDS = 5
TWINS = ("flask", "async")
PEERS = ("celery", "celery-threads", "dramatiq", "faststream", "taskiq", "naive", "naive-prefetch", "celery-batches")
PARTS = ("http", "drain", "end-to-end", "growth", "classroom", "work", "peers", "choices", "tracing", "watch", "board")
REACHED = Figure("drain, one sync worker, against the best library", 11.312, "≥ 9", True)
MISSED = Figure("POST to 202, Flask, against the empty handler", 0.402, "≥ 0.45", False)
SERVICES = {"flask": ("flask", "pyworker"), "async": ("asyncapp", "asyncworker")}
QUESTIONS = {
    "publisher thread or connection a thread": ("publisher thread", "connection a thread"),
    "gunicorn's worker": ("ours", "gthread", "gevent"),
    "ASGI server": ("uvicorn worker", "gunicorn asgi", "hypercorn"),
    "batch size": ("1", "10", "100", "500"),
    "prefetch": ("1", "100", "1000"),
    "JSON library": ("msgspec", "json", "orjson"),
    "quorum or classic queue": ("quorum", "classic"),
    "motor or PyMongo Async": ("motor", "PyMongo Async"),
}


def a_run(*parts: str, **changes: object) -> Results:
    """A run of these parts, or of all; ``changes`` are fields with other values."""
    given: dict[str, object] = {
        "series": [series for part in parts or PARTS for series in MAKERS[part](Random(part))],
        "figures": [REACHED],
        "machine": {"processors": "4", "system": "Linux 6.1", "data": "invented for a test"},
        "seconds": 1234.5,
        "notes": ("taskiq could not be installed here",),
    }
    return Results(**{**given, **changes})  # type: ignore[arg-type]


def a_series(middle: float = 100.0, **changes: object) -> Series:
    """One series whose rounds lie around a middle, which is one of them."""
    given: dict[str, object] = {
        "part": "drain",
        "case": "drain",
        "candidate": "flask",
        "at": 1.0,
        "axis": "workers",
        "measure": "tasks/s",
        "unit": "1/s",
        "values": (middle * 0.9, middle, middle * 1.2),
    }
    return Series(**{**given, **changes})  # type: ignore[arg-type]


def _rounds(random: Random, middle: float) -> tuple[float, ...]:
    return tuple(round(middle * random.uniform(0.93, 1.08), 4) for _ in range(ROUNDS))


def _http(random: Random) -> Iterator[Series]:
    cases = {"POST /tasks": 1.0, "POST empty": 2.6, "GET /tasks": 0.6, "GET /tasks/{id}": 1.3}
    for connections in (1, 8, 32, 64, 256):
        for case, ease in cases.items():
            for candidate, speed in zip(TWINS, (2100, 2900), strict=True):
                rate = ease * speed * connections / (connections + 6)
                costs = {} if case == "POST empty" else _costs(candidate)
                for measure, (middle, unit) in {**costs, **_load(rate, connections)}.items():
                    values = _rounds(random, middle)
                    yield Series("http", case, candidate, connections, "connections", measure, unit, values)


def _load(rate: float, connections: int) -> dict[str, tuple[float, str]]:
    slow = {"p50": 900, "p95": 1700, "p99": 2600}
    return {"requests/s": (rate, "1/s"), **{name: (connections * ms / rate, "ms") for name, ms in slow.items()}}


def _costs(candidate: str) -> dict[str, tuple[float, str]]:
    """The workers stand still, so they take nothing."""
    api, worker = SERVICES[candidate]
    took = {api: (0.4, 54.0), worker: (0.0, 0.0), "nginx": (0.05, 9.0), "rabbitmq": (0.2, 160.0)}
    return {
        **{f"CPU of {name}": (ms, "ms") for name, (ms, _) in took.items()},
        **{f"RSS of {name}": (megabytes, "MB") for name, (_, megabytes) in took.items()},
    }


def _drain(random: Random) -> Iterator[Series]:
    for workers in (1, 2):
        for candidate, worker, speed in (("flask", "pyworker", 6200), ("async", "asyncworker", 5400)):
            for measure, unit, middle in (("tasks/s", "1/s", speed * workers**0.7), (f"RSS of {worker}", "MB", 61)):
                values = _rounds(random, middle)
                yield Series("drain", "drain", candidate, workers, "workers", measure, unit, values)


def _end_to_end(random: Random) -> Iterator[Series]:
    for rate in (500, 1000):
        for candidate, slow in zip(TWINS, (1.0, 1.2), strict=True):
            for what, base in (("stored", 14.0), ("202", 6.0)):
                for name, share in (("p50", 1.0), ("p95", 2.4), ("p99", 7.5)):
                    values = _rounds(random, base * share * slow * rate / 600)
                    yield Series(
                        "end-to-end", "POST to stored", candidate, rate, "requests/s", f"{what} {name}", "ms", values
                    )


def _growth(random: Random) -> Iterator[Series]:
    for documents in (10_000, 100_000, 1_000_000):
        values = _rounds(random, 21.0)
        yield Series("growth", "insert 500", "mongo", documents, "documents", "p50", "ms", values)
        for case, rate in (("GET /tasks newest 50", 1900), ("GET /tasks page 100", 1750)):
            for candidate in TWINS:
                for measure, (middle, unit) in _load(rate, 32).items():
                    values = _rounds(random, middle)
                    yield Series("growth", case, candidate, documents, "documents", measure, unit, values)
    for waiting in (0, 100_000, 1_000_000):
        for candidate in TWINS:
            for case, told in (("publish", _load(3100, 32)), ("drain", {"tasks/s": (6000, "1/s")})):
                for measure, (middle, unit) in told.items():
                    values = _rounds(random, middle)
                    yield Series("growth", case, candidate, waiting, "messages waiting", measure, unit, values)


def _classroom(random: Random) -> Iterator[Series]:
    for case, base in (("send", 7.0), ("list", 5.0), ("wait", 38.0)):
        for candidate, slow in zip(TWINS, (1.0, 0.8), strict=True):
            told = {name: (base * slow * share, "ms") for name, share in (("p50", 1), ("p95", 2.2), ("p99", 3.9))}
            for measure, (middle, unit) in {**told, "requests/s": (900 / base, "1/s")}.items():
                yield Series("classroom", case, candidate, 30, "students", measure, unit, _rounds(random, middle)[:1])


def _work(random: Random) -> Iterator[Series]:
    for kind, places in (("io_ms", (0, 1, 5, 20, 100)), ("cpu_ms", (0, 1, 5, 20))):
        for place in places:
            for candidate, abreast in zip(TWINS, (1, 100 if kind == "io_ms" else 0.95), strict=True):
                values = _rounds(random, 1 / (1 / 6000 + place / 1000 / abreast))
                yield Series("work", kind, candidate, place, f"{kind} a task", "tasks/s", "1/s", values)


def _peers(random: Random) -> Iterator[Series]:
    for number, candidate in enumerate((*TWINS, *PEERS)):
        ease = 1 / (1 + number * 0.4)
        posted = {"CPU of api": (0.9, "ms"), "RSS of api": (48.0, "MB"), **_load(2100 * ease, 32)}
        for measure, (middle, unit) in posted.items():
            yield Series("peers", "POST to 202", candidate, 32, "connections", measure, unit, _rounds(random, middle))
        values = _rounds(random, 1500 * ease)
        yield Series("peers", "whole path", candidate, 32, "connections", "stored/s", "1/s", values)
        yield Series("peers", "drain", candidate, 1, "workers", "tasks/s", "1/s", _rounds(random, 6200 * ease))


def _choices(random: Random) -> Iterator[Series]:
    for number, (case, variants) in enumerate(QUESTIONS.items()):
        measure = "requests/s" if number % 2 == 0 else "tasks/s"
        for place, variant in enumerate(variants):
            yield Series("choices", case, variant, 0, "", measure, "1/s", _rounds(random, 4200 / (1 + place * 0.5)))


def _tracing(random: Random) -> Iterator[Series]:
    for twin in TWINS:
        for place, share in enumerate(("off", "10 %", "all")):
            candidate, ease = f"{twin}, {share}", 1 - 0.03 * place
            asked = ("connections", "requests/s", "1/s", _rounds(random, 2000 * ease))
            yield Series("tracing", f"POST to 202, {twin}", candidate, 32, *asked)
            taken = _rounds(random, 0.5 + 8 * place)
            yield Series("tracing", f"tracing itself, {twin}", candidate, 0, "", "a request", "µs", taken)


def _watch(random: Random) -> Iterator[Series]:
    for twin in TWINS:
        for place, candidate in enumerate(("nothing recorded", "recorded", "recorded and scraped")):
            values = _rounds(random, 2100 / (1 + place * 0.01))
            yield Series("watch", f"POST to 202, {twin}", candidate, 32, "connections", "requests/s", "1/s", values)
            values = _rounds(random, 6200 / (1 + place * 0.01))
            yield Series("watch", f"drain, {twin}", candidate, 1, "workers", "tasks/s", "1/s", values)


def _scale(random: Random) -> Iterator[Series]:
    """Round values, so that a reader can follow the arithmetic."""
    costs = {"request": 200, "answer": 500, "API to RabbitMQ": 600, "RabbitMQ to worker": 500, "into MongoDB": 700}
    disks = {
        "RabbitMQ to disk": 1000,
        "MongoDB to disk": 2000,
        "kept in the collection": 300,
        "kept in its indexes": 100,
    }
    for twin, dearer in zip(TWINS, (1.0, 0.5), strict=True):
        api, worker = SERVICES[twin]
        for service, ms in {"nginx": 0.06, api: 0.6, "rabbitmq": 0.3, worker: 0.12, "mongo": 0.18}.items():
            yield Series("scale", "one task", twin, 0, "", f"CPU of {service}", "ms", (ms * dearer,) * ROUNDS)
        for measure, size in {**costs, **disks}.items():
            yield Series("scale", "one task", twin, 0, "", measure, "bytes", (size * dearer,) * ROUNDS)
    for shards in (1, 4):
        for who, rate in (("published", 8000.0), ("consumed", 10_000.0)):
            values = (rate * shards**0.5,) * ROUNDS
            yield Series("scale", "through the broker", who, shards, "shards", "messages/s", "1/s", values)
            taken = _rounds(random, 50.0)
            yield Series("scale", "through the broker", who, shards, "shards", "the broker's processor", "µs", taken)


def _board(random: Random) -> Iterator[Series]:
    for twin in TWINS:
        for place, candidate in enumerate(("nobody looks", "a page is open")):
            values = _rounds(random, 2100 / (1 + place * 0.01))
            yield Series("board", f"POST to 202, {twin}", candidate, 32, "connections", "requests/s", "1/s", values)
            values = _rounds(random, 12_000 / (1 + place * 0.01))
            yield Series("board", f"drain, {twin}", candidate, 1, "workers", "tasks/s", "1/s", values)


MAKERS = {
    "http": _http,
    "drain": _drain,
    "end-to-end": _end_to_end,
    "growth": _growth,
    "classroom": _classroom,
    "work": _work,
    "peers": _peers,
    "choices": _choices,
    "tracing": _tracing,
    "watch": _watch,
    "scale": _scale,
    "board": _board,
}
