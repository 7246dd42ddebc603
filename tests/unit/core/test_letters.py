"""What a dead letter tells of its end, and the message that gives it a new start."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from core.letters import NO_REASON, DeadLetter, revive, why
from core.message import dead_letter, decode
from tests.unit.samples import ACCEPTED, ID, a_message, a_task

DIED = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
HISTORY = [
    {"reason": "delivery_limit", "queue": "work", "count": 1, "time": DIED},
    {"reason": "expired", "queue": "work.retry.1000", "count": 1, "time": ACCEPTED},
]


def test_our_own_dead_letter_tells_what_it_was_given() -> None:
    """Reason, attempts and time, as the worker noted them."""
    dead = dead_letter(a_message(), "work.dead", "no such plant", 5, ACCEPTED)
    assert DeadLetter("no such plant", 5, "2026-11-21T10:00:00.250+00:00") == why(dead.headers)


def test_a_letter_of_the_broker_s_tells_what_the_broker_noted() -> None:
    """Its latest entry is the first; a reason for an earlier attempt is not the reason of the end."""
    headers = {"attempt": 2, "reason": "the store was away", "x-death": HISTORY}
    assert DeadLetter("delivery_limit (the broker's)", 2, "2026-11-21T10:00:00+00:00") == why(headers)


def test_our_own_words_come_before_the_broker_s() -> None:
    """A task that waited for other attempts has a history of expiries, and in the end a worker gave it up."""
    headers = {"attempt": 5, "reason": "given up", "dead-at": "2026", "x-death": HISTORY[1:]}
    assert DeadLetter("given up", 5, "2026") == why(headers)


@pytest.mark.parametrize(
    "headers",
    [None, {}, {"reason": ""}, {"x-death": []}, {"x-death": "yes"}, {"x-death": ["yes"]}, {"attempt": "many"}],
)
def test_who_tells_nothing_had_no_reason(headers: Any) -> None:
    """Anybody can publish into the queue, with any header."""
    assert DeadLetter(NO_REASON, 1, "") == why(headers)


@pytest.mark.parametrize("time", [None, "yesterday", 5])
def test_a_history_without_a_time_tells_no_time(time: Any) -> None:
    """Only a time counts."""
    assert "" == why({"x-death": [{"reason": "rejected", "time": time}]}).when


def test_a_time_without_a_zone_is_utc() -> None:
    """As AMQP's are."""
    told = why({"x-death": [{"reason": "rejected", "time": DIED.replace(tzinfo=None)}]})
    assert "2026-11-21T10:00:00+00:00" == told.when


def test_a_revived_message_is_the_one_that_was_first_sent() -> None:
    """Through death and back: the same body, ids and headers, on its first attempt."""
    dead = dead_letter(a_message(), "work.dead", "why", 5, ACCEPTED)
    assert a_message() == revive(dead, "work")


def test_a_revived_message_says_nothing_of_the_broker_s_history() -> None:
    """It would be told again with its next death, as if it had just happened."""
    noted = {"x-first-death-queue": "work", "x-last-death-reason": "rejected", "x-delivery-count": 3}
    dead = a_message(headers={"attempt": 3, "x-death": HISTORY, **noted})
    assert {"attempt": 1} == revive(dead, "work").headers


def test_headers_of_others_live_on() -> None:
    """Also those whose names look alike."""
    own = {"traceparent": "t", "x-deaths-door": 1, "x-odd": None}
    assert {**own, "attempt": 1} == revive(a_message(headers=own), "work").headers


def test_a_revived_message_never_expires() -> None:
    """What once was a retry would otherwise leave the work queue again."""
    assert revive(a_message(expiration_ms=5), "work").expiration_ms is None


def test_the_dead_letter_itself_is_not_changed() -> None:
    """It stays as it is until its copy is confirmed."""
    dead = dead_letter(a_message(), "work.dead", "why", 5, ACCEPTED)
    before = replace(dead, headers={**dead.headers})
    revive(dead, "work")
    assert before == dead


def test_a_revived_task_can_be_read() -> None:
    """Its body is untouched."""
    assert a_task() == decode(revive(a_message(headers={}), "work").body)
    assert ID == revive(a_message(), "work").message_id
