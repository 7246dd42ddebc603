"""The queues of the lab, as data."""

import pytest

from core.settings import Settings
from core.topology import DELIVERY_LIMIT, RETRY_DELAYS_MS, Queue, Shard, topology

TOPOLOGY = topology("work")
(SHARD,) = TOPOLOGY.shards
FORWARDING = (SHARD.work, *TOPOLOGY.retries)


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
    assert TOPOLOGY.dead.name == SHARD.work.arguments["x-dead-letter-routing-key"]


@pytest.mark.parametrize("queue", TOPOLOGY.retries, ids=lambda queue: queue.name)
def test_a_retry_queue_leads_back_to_the_work_queue(queue: Queue) -> None:
    """That is how a delay is made of a time-to-live."""
    assert SHARD.work.name == queue.arguments["x-dead-letter-routing-key"]


def test_retry_queues_hold_messages_ever_longer() -> None:
    """A fault that lasts is asked less and less often."""
    assert sorted(RETRY_DELAYS_MS) == [queue.arguments["x-message-ttl"] for queue in TOPOLOGY.retries]


def test_the_work_queue_bounds_its_deliveries() -> None:
    """Before RabbitMQ 4.0 there was no bound at all, and a crash loop went on for ever."""
    assert DELIVERY_LIMIT == SHARD.work.arguments["x-delivery-limit"]


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
    assert "task_queue" == topology(Settings().rabbit_queue).name


# More than one queue

SHARDED = topology("work", 4)
BEYOND = SHARDED.shards[1:]


def test_the_first_shard_is_the_work_queue_itself_with_all_that_belongs_to_it() -> None:
    """So a lab that gets more shards goes on with what waits, and no queue is declared with other arguments."""
    assert [] == [queue for queue in TOPOLOGY.queues if queue not in SHARDED.queues]


def test_every_other_shard_is_like_the_first() -> None:
    """Its retries come back to it, and what is dead goes where all dead letters go."""
    assert ("work", "work.2", "work.3", "work.4") == SHARDED.works
    for shard in BEYOND:
        assert [shard.work.name] * 3 == [queue.arguments["x-dead-letter-routing-key"] for queue in shard.retries]
        assert SHARD.work.arguments == shard.work.arguments
        assert [f"{shard.work.name}.retry.{delay}" for delay in RETRY_DELAYS_MS] == [one.name for one in shard.retries]


def test_one_queue_needs_no_exchange() -> None:
    """Nor the plugin that brings it."""
    assert ((), "", "") == (TOPOLOGY.exchanges, TOPOLOGY.exchange_to("work"), TOPOLOGY.exchange_to("work.dead"))


def test_new_tasks_go_through_an_exchange_over_all_shards() -> None:
    """Everything else goes straight to its queue."""
    (exchange,) = SHARDED.exchanges
    assert exchange.name == SHARDED.exchange_to("work")
    assert SHARDED.works == exchange.queues
    assert {""} == {SHARDED.exchange_to(queue.name) for queue in SHARDED.queues if queue.name != "work"}


def test_each_number_of_shards_has_an_exchange_of_its_own() -> None:
    """Bindings stay: a shared one would go on filling the shards that a lab with fewer of them does not consume."""
    names = [topology("work", shards).exchange_to("work") for shards in range(1, 20)]
    assert len(names) == len(set(names))


def test_the_exchange_goes_by_what_no_attempt_changes() -> None:
    """The id of the message, which is the task's."""
    (exchange,) = SHARDED.exchanges
    assert {"hash-property": "message_id"} == exchange.arguments


@pytest.mark.parametrize("shard", SHARDED.shards, ids=lambda shard: shard.work.name)
def test_a_shard_is_found_by_its_queue(shard: Shard) -> None:
    """A worker knows a delivery by the queue that it came from."""
    assert shard == SHARDED.shard_of(shard.work.name)


def test_no_two_queues_of_many_shards_have_one_name() -> None:
    """RabbitMQ would refuse the second, or take it for the first."""
    names = [queue.name for queue in topology("work", 256).queues]
    assert len(names) == len(set(names)) == 256 * 4 + 1
