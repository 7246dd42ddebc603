"""What follows when a task could not be stored."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.retry import MAX_ATTEMPTS, GiveUp, Retry, backoff, decide
from tests.unit.samples import TOPOLOGY

(SHARD,) = TOPOLOGY.shards
JITTER = st.floats(0, 1, exclude_max=True)
LONGEST = {queue.name: int(queue.arguments["x-message-ttl"]) for queue in TOPOLOGY.retries}


@pytest.mark.parametrize(
    ("attempt", "queue", "delay"),
    [(1, "work.retry.1000", 1000), (2, "work.retry.5000", 5000), (3, "work.retry.25000", 25_000)],
)
def test_each_failed_attempt_waits_in_the_next_retry_queue(attempt: int, queue: str, delay: int) -> None:
    """Without jitter it waits as long as the queue allows."""
    assert Retry(queue, delay, attempt + 1) == decide(attempt, SHARD, 0.0)


def test_attempts_beyond_the_last_retry_queue_wait_there_again() -> None:
    """The delay is capped."""
    assert Retry("work.retry.25000", 25_000, 5) == decide(4, SHARD, 0.0)


@pytest.mark.parametrize("attempt", [MAX_ATTEMPTS, MAX_ATTEMPTS + 1, 10**6])
def test_the_last_attempt_is_the_last(attempt: int) -> None:
    """What fails five times is for people to look at."""
    assert GiveUp(attempt) == decide(attempt, SHARD, 0.0)


@given(st.integers(1, MAX_ATTEMPTS - 1), JITTER)
def test_a_delay_lies_between_half_and_the_whole_of_what_its_queue_allows(attempt: int, jitter: float) -> None:
    """Never longer than the queue's own time-to-live, never so short that it hammers."""
    decision = decide(attempt, SHARD, jitter)
    assert isinstance(decision, Retry)
    assert LONGEST[decision.queue] / 2 <= decision.delay_ms <= LONGEST[decision.queue]


@given(st.integers(1, 10**6), JITTER)
def test_every_attempt_counts_one_up_until_it_ends(attempt: int, jitter: float) -> None:
    """No message goes round for ever."""
    decision = decide(attempt, SHARD, jitter)
    assert GiveUp(attempt) == decision or (isinstance(decision, Retry) and attempt + 1 == decision.attempt)


@given(st.integers(0, 10**6), JITTER)
def test_reconnecting_waits_some_time_but_at_most_two_seconds(failures: int, jitter: float) -> None:
    """Longer, and the wait would be the recovery time."""
    assert 0.05 <= backoff(failures, jitter) <= 2.0


def test_reconnecting_waits_longer_after_each_failure() -> None:
    """Until the cap is reached."""
    waits = [backoff(failures, 0.0) for failures in range(8)]
    assert all(earlier <= later for earlier, later in pairwise(waits))


def test_jitter_spreads_those_that_failed_together() -> None:
    """Ten workers that lost one broker do not come back in one moment."""
    assert backoff(3, 0.9) < backoff(3, 0.1)
