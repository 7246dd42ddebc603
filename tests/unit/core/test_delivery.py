"""Batches of deliveries, and the verdicts on them."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.delivery import Again, Dead, Delivery, Done, Verdict, in_order, prefix, rest, take_batch
from core.settings import LIMITS
from tests.unit.samples import a_delivery, a_message


def deliveries(*redelivered: bool) -> deque[Delivery]:
    """Deliveries in order, each redelivered or not."""
    return deque(a_delivery(tag=place + 1, redelivered=again) for place, again in enumerate(redelivered))


def test_a_batch_takes_what_has_arrived() -> None:
    """Not more than that, since waiting for a full batch would be a delay."""
    assert 3 == len(take_batch(deliveries(False, False, False), 10))


@pytest.mark.parametrize("taken", [2, LIMITS.small_batch - 1])
def test_more_may_come_together_after_a_small_batch(taken: int) -> None:
    """Each batch costs as much as many tasks do."""
    assert LIMITS.rest == rest(taken)


@pytest.mark.parametrize("taken", [1, LIMITS.small_batch, LIMITS.batch])
def test_nothing_waits_after_one_task_alone_or_after_many(taken: int) -> None:
    """One may have been redelivered, and stands in the way of the others; many are enough."""
    assert 0 == rest(taken)


def test_a_batch_is_no_larger_than_its_limit() -> None:
    """The rest is for the next one."""
    waiting = deliveries(False, False, False)
    assert [1, 2] == [delivery.tag for delivery in take_batch(waiting, 2)]
    assert [3] == [delivery.tag for delivery in waiting]


def test_a_redelivered_message_comes_alone() -> None:
    """If it has killed its worker once, it takes nobody with it the next time."""
    assert [1] == [delivery.tag for delivery in take_batch(deliveries(True, False), 10)]


def test_a_batch_ends_before_a_redelivered_message() -> None:
    """Those in front of it do not wait for it."""
    assert [1, 2] == [delivery.tag for delivery in take_batch(deliveries(False, False, True, False), 10)]


@given(st.lists(st.booleans(), min_size=1), st.integers(1, 10))
def test_batches_together_are_all_deliveries_in_their_order(redelivered: list[bool], limit: int) -> None:
    """Nothing is lost, doubled or overtaken, and redelivered ones are alone."""
    waiting, batches = deliveries(*redelivered), []
    while waiting:
        batches.append(take_batch(waiting, limit))
    assert list(range(1, len(redelivered) + 1)) == [delivery.tag for batch in batches for delivery in batch]
    assert all(len(batch) == 1 for batch in batches if any(delivery.redelivered for delivery in batch))
    assert limit >= max(len(batch) for batch in batches)


def test_the_attempt_of_a_delivery_is_the_one_in_its_header() -> None:
    """The first attempt is 1."""
    assert 4 == a_delivery(a_message(headers={"attempt": 4})).attempt


def test_verdicts_count_up_to_the_first_that_is_missing() -> None:
    """One acknowledgement covers a prefix, never a gap."""
    assert [Done(), Dead("why")] == in_order([Done(), Dead("why"), None, Done()])


def test_verdicts_without_a_gap_all_count() -> None:
    """Whatever they say."""
    assert [Done(), Again("why")] == in_order([Done(), Again("why")])


def test_no_verdicts_are_no_verdicts() -> None:
    """An empty batch has none."""
    assert [] == in_order([])


@pytest.mark.parametrize(
    ("verdicts", "refused", "settled"),
    [
        ([Done(), Done()], set(), 2),
        ([Done(), Again("not now"), Done()], {1}, 1),
        ([Again("not now"), Done()], {0}, 0),
        ([Dead("no task"), Done()], {0}, 2),
        ([Dead("no task"), Again("not now"), Again("not now")], {0, 2}, 2),
        ([], set(), 0),
    ],
)
def test_what_is_settled_ends_before_the_first_that_needs_another_attempt_and_cannot_be_moved_on(
    verdicts: list[Verdict], refused: set[int], settled: int
) -> None:
    """A dead one the broker can move by itself."""
    assert settled == prefix(verdicts, refused)
