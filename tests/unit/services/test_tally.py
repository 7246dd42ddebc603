"""What a worker counts of a batch is what it would count one by one."""

from datetime import UTC, datetime
from types import SimpleNamespace

from prometheus_client import CollectorRegistry, Histogram, generate_latest

from core.delivery import Again, Dead, Done
from tests.unit.services.twins import Twin

BOUNDS = (0.5, 1, 2.5)
VALUES = (900, 0.5001, 1, 0.0, 2.5, 0.4999, 1, 0.5, 2.50001)
NOW = 1_700_000_000.0


def histogram() -> tuple[Histogram, CollectorRegistry]:
    """One that nobody else knows."""
    registry = CollectorRegistry()
    return Histogram("some_seconds", "Some.", buckets=BOUNDS, registry=registry), registry


def test_many_values_at_once_are_as_one_after_the_other(twin: Twin) -> None:
    """Also those on the edge of a bucket, and beyond the last one. It leans on the library's own fields."""
    (singly, one), (together, other) = histogram(), histogram()
    for value in VALUES:
        singly.observe(value)
    twin.module("metrics").observe(together, VALUES)
    assert generate_latest(one) == generate_latest(other)


def test_every_delivery_of_a_batch_is_counted(twin: Twin) -> None:
    """Those without a verdict are not."""
    tally = twin.module("tally")
    received = datetime.fromtimestamp(NOW - 2, UTC)
    batch = [SimpleNamespace(redelivered=again > 1, attempt=again, received=received) for again in (1, 1, 2, 3, 1)]

    def figures() -> dict[str, float]:
        text = generate_latest().decode()
        lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in lines}

    before = figures()
    tally.settled(batch, [Done(), Done(), Again("later"), Dead("never")], NOW)
    grown = {name: value - before.get(name, 0) for name, value in figures().items() if value != before.get(name)}
    wanted = {
        'tasklab_deliveries_total{verdict="done"}': 2,
        'tasklab_deliveries_total{verdict="again"}': 1,
        'tasklab_deliveries_total{verdict="dead"}': 1,
        "tasklab_redeliveries_total": 2,
        "tasklab_batch_size_sum": 4,
        "tasklab_batch_size_count": 1,
        "tasklab_delivery_attempts_sum": 7,
        "tasklab_delivery_attempts_count": 4,
        'tasklab_delivery_attempts_bucket{le="1.0"}': 2,
        "tasklab_settle_seconds_sum": 8,
        "tasklab_settle_seconds_count": 4,
    }
    assert wanted == {name: grown.get(name) for name in wanted}
