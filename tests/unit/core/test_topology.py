"""The queues of the lab, as data."""

import pytest

from core.settings import Settings
from core.topology import DELIVERY_LIMIT, RETRY_DELAYS_MS, Queue, topology

TOPOLOGY = topology("work")
FORWARDING = (TOPOLOGY.work, *TOPOLOGY.retries)


def test_the_queues_have_the_names_of_the_contract() -> None:
    """Students look for them by name in the management page."""
    assert ["work.dead", "work", "work.retry.1000", "work.retry.5000", "work.retry.25000"] == [
        queue.name for queue in TOPOLOGY.queues
    ]


@pytest.mark.parametrize("queue", TOPOLOGY.queues, ids=lambda queue: queue.name)
def test_every_queue_is_a_quorum_queue(queue: Queue) -> None:
    """A classic queue would lose messages with its node."""
    assert "quorum" == queue.arguments["x-queue-type"]


@pytest.mark.parametrize("queue", FORWARDING, ids=lambda queue: queue.name)
def test_dead_lettering_is_at_least_once_wherever_it_happens(queue: Queue) -> None:
    """RabbitMQ falls back to at-most-once in silence unless strategy, overflow and exchange are all there."""
    assert ("at-least-once", "reject-publish", "") == (
        queue.arguments["x-dead-letter-strategy"],
        queue.arguments["x-overflow"],
        queue.arguments["x-dead-letter-exchange"],
    )


def test_dead_letters_of_the_work_queue_go_to_the_dead_queue() -> None:
    """The default exchange routes by the name of a queue."""
    assert TOPOLOGY.dead.name == TOPOLOGY.work.arguments["x-dead-letter-routing-key"]


@pytest.mark.parametrize("queue", TOPOLOGY.retries, ids=lambda queue: queue.name)
def test_a_retry_queue_leads_back_to_the_work_queue(queue: Queue) -> None:
    """That is how a delay is made of a time-to-live."""
    assert TOPOLOGY.work.name == queue.arguments["x-dead-letter-routing-key"]


def test_retry_queues_hold_messages_ever_longer() -> None:
    """A fault that lasts is asked less and less often."""
    assert sorted(RETRY_DELAYS_MS) == [queue.arguments["x-message-ttl"] for queue in TOPOLOGY.retries]


def test_the_work_queue_bounds_its_deliveries() -> None:
    """Before RabbitMQ 4.0 there was no bound at all, and a crash loop went on for ever."""
    assert DELIVERY_LIMIT == TOPOLOGY.work.arguments["x-delivery-limit"]


@pytest.mark.parametrize("argument", ["x-message-ttl", "x-dead-letter-exchange", "x-max-length", "x-expires"])
def test_dead_letters_stay_where_they_are(argument: str) -> None:
    """Nothing takes them away but a person."""
    assert argument not in TOPOLOGY.dead.arguments


def test_dead_letters_may_be_looked_at_and_put_back_any_number_of_times() -> None:
    """RabbitMQ 4 would drop them after twenty, for there is nowhere to dead-letter them to."""
    assert 1_000_000 < int(TOPOLOGY.dead.arguments["x-delivery-limit"])


def test_a_retry_queue_knows_its_delay() -> None:
    """The others have none."""
    assert [0, 0, *RETRY_DELAYS_MS] == [queue.delay_ms for queue in TOPOLOGY.queues]


def test_every_queue_that_is_dead_lettered_to_is_declared_before() -> None:
    """A message dead-lettered in between would otherwise have nowhere to go."""
    names = [queue.name for queue in TOPOLOGY.queues]
    assert names.index("work.dead") < names.index("work")


def test_no_two_queues_have_one_name() -> None:
    """The second declaration would be refused for its arguments."""
    names = [queue.name for queue in TOPOLOGY.queues]
    assert len(names) == len(set(names))


def test_the_longest_queue_name_that_settings_allow_fits() -> None:
    """AMQP allows 255 bytes for the name of a queue."""
    assert all(len(queue.name) <= 255 for queue in topology("q" * 200).queues)


def test_the_usual_work_queue_is_the_one_of_the_contract() -> None:
    """Its name comes from the settings, not from here."""
    assert "task_queue" == topology(Settings().rabbit_queue).work.name
