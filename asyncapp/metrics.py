"""What the service tells Prometheus. No label holds an id, so the number of series is bounded."""

import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from platform import python_version

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from core.errors import LabError
from core.settings import VERSION

CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

REQUESTS = Counter("tasklab_http_requests_total", "HTTP requests answered.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram("tasklab_http_request_duration_seconds", "Time to answer.", ["route"], buckets=SECONDS)
PUBLISHES = Counter("tasklab_publishes_total", "Messages published, by what the broker said.", ["outcome"])
CONFIRM_SECONDS = Histogram("tasklab_publish_confirm_seconds", "Time to the broker's confirm.", buckets=SECONDS)
STORE_SECONDS = Histogram(
    "tasklab_store_duration_seconds", "Time of one operation of the database.", ["operation"], buckets=SECONDS
)
BUILD = Gauge("tasklab_build_info", "What runs.", ["service", "version", "python"], multiprocess_mode="livemax")


def begin(service: str) -> None:
    """Say what runs; once a process, before it serves."""
    BUILD.labels(service, VERSION, python_version()).set(1)


@contextmanager
def publishing() -> Iterator[None]:
    """Measure one publish, and count what became of it."""
    started, outcome = time.perf_counter(), "abandoned"
    try:
        yield
        outcome = "confirmed"
        CONFIRM_SECONDS.observe(time.perf_counter() - started)
    except LabError as error:
        outcome = type(error).__name__
        raise
    finally:
        PUBLISHES.labels(outcome).inc()


def answered(method: str, route: str, status: int, seconds: float) -> None:
    """Count one HTTP request; ``route`` is the rule it matched, never its path."""
    REQUESTS.labels(method, route, str(status)).inc()
    REQUEST_SECONDS.labels(route).observe(seconds)


def storing(operation: str) -> AbstractContextManager[object]:
    """Measure one operation of the database, whatever becomes of it."""
    return STORE_SECONDS.labels(operation).time()


def exposition() -> bytes:
    """All metrics as text: of this process, or of all processes of gunicorn together."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
