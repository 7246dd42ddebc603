"""A message that kills its worker, again and again: it ends in the dead letters, and takes no neighbour with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.settings import LIMITS
from core.topology import DELIVERY_LIMIT, topology
from tests.e2e.test_messages import task
from tests.support.accounting import Tasks
from tests.support.api import unique
from tests.support.broker import Broker, encoded
from tests.support.mortal import Poison, mortals
from tests.support.stack import Stack
from tests.support.waiting import wait_until

WITHIN = 90.0
ALL, MIDDLE = 100, 50
FED = 5
"""So many further tasks come with every look at what has been stored, about a hundred a second."""


@pytest.fixture
def own(broker: Broker) -> Iterator[Broker]:
    """The broker with queues of the test's own, deleted afterwards."""
    queues = topology(unique("crash")).queues
    work = queues[1]
    with broker.channel() as channel:
        for queue in queues:
            channel.queue_declare(queue.name, durable=True, arguments=queue.arguments)
    yield Broker(broker.url, work.name)
    with broker.channel() as channel:
        for queue in queues:
            channel.queue_delete(queue.name)


def publish(broker: Broker, titles: list[str]) -> list[str]:
    """The ids of tasks with these titles, published in this order."""
    tasks = [task(title=title) for title in titles]
    broker.publish_all([(encoded(one), one["id"]) for one in tasks])
    return [one["id"] for one in tasks]


def assert_only_the_poison_is_dead(broker: Broker, poison_id: str) -> None:
    """The broker itself has taken it out of the queue."""
    dead = broker.wait_for_dead(lambda _: True)
    assert [poison_id] == [letter.message_id for letter in dead]
    assert "delivery_limit" == dead[0].headers["x-first-death-reason"]


@pytest.mark.parametrize("package", ["app", "asyncapp"])
def test_a_message_that_kills_the_worker_dies_alone(
    stack: Stack, own: Broker, collection: Tasks, tmp_path: Path, package: str
) -> None:
    """It stands in the middle of a hundred that the worker takes at once: 99 are stored, one is dead."""
    poison = Poison(unique("poison"))
    titles = [unique() for _ in range(ALL)]
    titles[MIDDLE] = poison.title
    ids = publish(own, titles)
    poison_id = ids.pop(MIDDLE)

    with mortals(stack, own, [package], poison, tmp_path) as (worker,):

        def is_settled() -> bool:
            worker.tend()
            return own.depth(topology(own.queue).dead.name) > 0 and stored(collection, ids) == len(ids)

        wait_until(is_settled, WITHIN, "the poison is dead, and all others are stored")

    assert_only_the_poison_is_dead(own, poison_id)
    assert DELIVERY_LIMIT <= worker.deaths <= DELIVERY_LIMIT + 1
    paid = [count for count in worker.returns() if count]
    assert len(paid) >= ALL - MIDDLE - 1, "those behind it were not taken with it the first time"
    assert {1} == set(paid), "they were taken with it again"


def stored(collection: Tasks, ids: list[str]) -> int:
    """How many of them are stored."""
    return collection.count_documents({"_id": {"$in": ids}})


@pytest.mark.timeout(WITHIN + 30)
def test_two_workers_do_not_pass_its_neighbours_on_with_it(
    stack: Stack, own: Broker, collection: Tasks, tmp_path: Path
) -> None:
    """It kills slowly, while tasks keep coming: whenever one worker dies of it, the other is up and busy again."""
    poison = Poison(unique("poison"), seconds=1)
    titles = [unique() for _ in range(2 * LIMITS.prefetch)]
    titles[MIDDLE] = poison.title
    ids = publish(own, titles)
    poison_id = ids.pop(MIDDLE)

    with mortals(stack, own, ["app", "asyncapp"], poison, tmp_path) as workers:

        def is_dead() -> bool:
            for worker in workers:
                worker.tend()
            ids.extend(publish(own, [unique() for _ in range(FED)]))
            return own.depth(topology(own.queue).dead.name) > 0

        wait_until(is_dead, WITHIN, "the poison is dead")
        wait_until(lambda: stored(collection, ids) == len(ids), 20, "all others are stored")

    assert_only_the_poison_is_dead(own, poison_id)
    assert min(worker.deaths for worker in workers) > 1, "it was always the same worker's turn"
    paid = max(count for worker in workers for count in worker.returns())
    assert 1 <= paid <= DELIVERY_LIMIT // 2, "its neighbours went with it"
