"""Where a delivery goes that was not stored."""

from core.delivery import Again, Dead
from core.onward import onward
from core.topology import topology
from tests.unit.samples import ACCEPTED, TOPOLOGY, a_delivery, a_message


def test_a_dead_message_goes_to_the_dead_letters_at_once() -> None:
    """However many attempts are left: the next would end the same."""
    message = onward(a_delivery(), Dead("no task"), TOPOLOGY, 0.5, ACCEPTED)
    assert ("work.dead", "no task", 1) == (message.queue, message.headers["reason"], message.headers["attempt"])


def test_a_task_for_later_goes_to_a_retry_queue() -> None:
    """With the number of its next attempt."""
    message = onward(a_delivery(), Again("the store was away"), TOPOLOGY, 0.0, ACCEPTED)
    assert ("work.retry.1000", 2, 1000) == (message.queue, message.headers["attempt"], message.expiration_ms)


def test_a_task_of_a_shard_comes_back_to_it() -> None:
    """Through a retry queue of that shard."""
    message = onward(a_delivery(a_message(queue="work.3")), Again("later"), topology("work", 4), 0.0, ACCEPTED)
    assert "work.3.retry.1000" == message.queue


def test_the_last_attempt_ends_among_the_dead_letters() -> None:
    """With the reason, and how often it was tried."""
    fifth = a_delivery(a_message(headers={"attempt": 5}))
    message = onward(fifth, Again("the store was away"), TOPOLOGY, 0.0, ACCEPTED)
    assert ("work.dead", 5, "given up after 5 attempts: the store was away") == (
        message.queue,
        message.headers["attempt"],
        message.headers["reason"],
    )
