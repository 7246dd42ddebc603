"""What a worker tells Prometheus of the deliveries it settles. An API has none of it."""

import collections
from collections.abc import Sequence

from prometheus_client import Counter, Histogram

from asyncapp import metrics
from core.delivery import Again, Dead, Delivery, Done, Verdict

SIZES = (1, 2, 5, 10, 25, 50, 100, 250, 500)
ATTEMPTS = (1, 2, 3, 4, 5)
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)

DELIVERIES = Counter("tasklab_deliveries_total", "Deliveries settled, by verdict.", ["verdict"])
REDELIVERIES = Counter("tasklab_redeliveries_total", "Deliveries that the broker had delivered before.")
DEAD_LETTERS = Counter("tasklab_dead_letters_total", "Messages moved to the dead letters.")
ATTEMPT = Histogram("tasklab_delivery_attempts", "Attempt on which a delivery was settled.", buckets=ATTEMPTS)
BATCH_SIZE = Histogram("tasklab_batch_size", "Deliveries settled together.", buckets=SIZES)
QUEUE_SECONDS = Histogram("tasklab_time_in_queue_seconds", "From accepting a task to receiving it.", buckets=SECONDS)
SETTLE_SECONDS = Histogram("tasklab_settle_seconds", "From receiving a delivery to settling it.", buckets=SECONDS)

# What has not happened yet has happened zero times.
for verdict in (Done, Again, Dead):
    DELIVERIES.labels(verdict.__name__.lower())


def received(seconds: Sequence[float]) -> None:
    """Count tasks that have waited so long since they were accepted; clocks of two machines may disagree."""
    metrics.observe(QUEUE_SECONDS, _positive(seconds))


def settled(batch: Sequence[Delivery], verdicts: Sequence[Verdict], now: float) -> None:
    """Count the deliveries of a batch that have a verdict."""
    done = batch[: len(verdicts)]
    BATCH_SIZE.observe(len(done))
    for kind, count in collections.Counter(map(type, verdicts)).items():
        DELIVERIES.labels(kind.__name__.lower()).inc(count)
    REDELIVERIES.inc(sum(delivery.redelivered for delivery in done))
    metrics.observe(ATTEMPT, [delivery.attempt for delivery in done])
    metrics.observe(SETTLE_SECONDS, _positive([now - delivery.received.timestamp() for delivery in done]))


def dead(count: int) -> None:
    """Count messages that are among the dead letters now: confirmed there, or given up for the broker to move."""
    DEAD_LETTERS.inc(count)


def _positive(seconds: Sequence[float]) -> Sequence[float]:
    """The same where nothing is wrong, as nearly always."""
    return seconds if min(seconds, default=0.0) >= 0 else [max(0.0, one) for one in seconds]
