"""What the service tells Prometheus. No label holds an id, so the number of series is bounded."""

import collections
import os
import time
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cache
from platform import python_version
from threading import Lock

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from app.gathering import Gathering
from core.errors import BrokerUnavailable, LabError, PublishRefused, PublishUnconfirmed
from core.settings import VERSION

# When a series began is a series more for each counter, and Prometheus itself knows.
disable_created_metrics()  # type: ignore[no-untyped-call]

CONTENT_TYPE = CONTENT_TYPE_LATEST
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
OTHER = "other"
"""Every other method: who asks may call it what they like, and each name would be a series."""
CONFIRMED, ABANDONED = "confirmed", "abandoned"
OUTCOMES = (CONFIRMED, *(error.__name__ for error in (BrokerUnavailable, PublishRefused, PublishUnconfirmed)))
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

REQUESTS = Counter("tasklab_http_requests_total", "HTTP requests answered.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "tasklab_http_request_duration_seconds", "Time to answer.", ["method", "route"], buckets=SECONDS
)
PUBLISHES = Counter("tasklab_publishes_total", "Messages published, by what the broker said.", ["outcome"])
CONFIRM_SECONDS = Histogram("tasklab_publish_confirm_seconds", "Time to the broker's confirm.", buckets=SECONDS)
STORE_SECONDS = Histogram(
    "tasklab_store_duration_seconds", "Time of one operation of the database.", ["operation"], buckets=SECONDS
)
STORE_FAILURES = Counter("tasklab_store_failures_total", "Times that the database did not answer, or refused.")
BUILD = Gauge("tasklab_build_info", "What runs.", ["service", "version", "python"], multiprocess_mode="livemax")

# Finding a series by its labels takes as long as counting.
_requests = cache(REQUESTS.labels)
_request_seconds = cache(REQUEST_SECONDS.labels)
_publishes = cache(PUBLISHES.labels)


def begin(service: str) -> None:
    """Say what runs; once a process, before it serves. What has not happened yet has happened zero times."""
    BUILD.labels(service, VERSION, python_version()).set(1)
    for outcome in OUTCOMES:
        _publishes(outcome)


def note(metric: Counter | Gauge | Histogram, value: float) -> None:
    """Add it to a counter or a gauge, or observe it; it is written down soon, together with what else happens.

    One by one it would take a request a twentieth of its time: each is a write to a file that all processes share.
    """
    _noted.add((metric, value))


def flush() -> None:
    """Everything that was noted before is written down afterwards."""
    with _writing:
        together = collections.defaultdict(list)
        for metric, value in _noted.take():
            together[metric].append(value)
        for metric, values in together.items():
            if isinstance(metric, Histogram):
                observe(metric, values)
            else:
                metric.inc(sum(values))


def observe(histogram: Histogram, values: Sequence[float]) -> None:
    """All of them at once: in order, they show with one search for each bucket how many are below its bound."""
    histogram._sum.inc(sum(values))
    ordered, below = sorted(values), 0
    for bound, bucket in zip(histogram._upper_bounds, histogram._buckets, strict=True):
        count = bisect_right(ordered, bound, below) - below
        if count:
            bucket.inc(count)
            below += count


_writing = Lock()
_noted: Gathering[tuple[Counter | Gauge | Histogram, float]] = Gathering("metrics", flush)


class Publishing:
    """Measure one publish, which this block is; count it where it fails."""

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            note(CONFIRM_SECONDS, time.perf_counter() - self._began)
        else:
            _publishes(kind.__name__ if issubclass(kind, LabError) else ABANDONED).inc()


def confirmed(count: int) -> None:
    """The broker has so many messages safely, and nobody knows yet.

    They are counted at once: whoever has the answer can see whether anything was queued for it. One that was given
    up meanwhile is among them, and has been counted as given up too.
    """
    _publishes(CONFIRMED).inc(count)


def answered(method: str, route: str, status: int, seconds: float) -> None:
    """Count one HTTP request; ``route`` is the rule it matched, never its path."""
    method = method if method in METHODS else OTHER
    note(_requests(method, route, status), 1)
    note(_request_seconds(method, route), seconds)


def storing(operation: str) -> AbstractContextManager[object]:
    """Measure one operation of the database, whatever becomes of it."""
    return STORE_SECONDS.labels(operation).time()


def exposition() -> bytes:
    """All metrics as text: of this process, or of all processes of gunicorn together."""
    flush()
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
