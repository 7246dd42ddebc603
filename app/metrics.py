"""What the service tells Prometheus. No label holds an id, so the number of series is bounded."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from core.delivery import Delivery, Verdict
from core.errors import LabError

CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
SIZES = (1, 2, 5, 10, 25, 50, 100, 250)

REQUESTS = Counter("tasklab_http_requests_total", "HTTP requests answered.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram("tasklab_http_request_duration_seconds", "Time to answer.", ["route"], buckets=SECONDS)
PUBLISHES = Counter("tasklab_publishes_total", "Messages published, by what the broker said.", ["outcome"])
CONFIRM_SECONDS = Histogram("tasklab_publish_confirm_seconds", "Time to the broker's confirm.", buckets=SECONDS)
DELIVERIES = Counter("tasklab_deliveries_total", "Deliveries settled, by verdict.", ["verdict"])
REDELIVERIES = Counter("tasklab_redeliveries_total", "Deliveries that the broker had delivered before.")
BATCH_SIZE = Histogram("tasklab_batch_size", "Deliveries settled together.", buckets=SIZES)
WAITED_SECONDS = Histogram(
    "tasklab_settled_after_seconds", "From receiving a delivery to settling it.", buckets=SECONDS
)


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


def settled(batch: Sequence[Delivery], verdicts: Sequence[Verdict]) -> None:
    """Count the deliveries of a batch that have a verdict."""
    BATCH_SIZE.observe(len(verdicts))
    for delivery, verdict in zip(batch, verdicts, strict=False):
        DELIVERIES.labels(type(verdict).__name__.lower()).inc()
        REDELIVERIES.inc(delivery.redelivered)
        WAITED_SECONDS.observe(max(0.0, time.time() - delivery.received.timestamp()))


def exposition() -> bytes:
    """All metrics as text: of this process, or of all processes of gunicorn together."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
