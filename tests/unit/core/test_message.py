"""The message that carries a task, there and back."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import at
from core.errors import DecodeError
from core.message import MAX_ATTEMPT, MESSAGE_BYTES, attempt_of, dead_letter, decode, encode, retry
from core.task import CPU_MS, IO_MS, NOTES_LENGTH, Task, Work
from tests.unit.samples import ACCEPTED, ID, OTHER_ID, a_message, a_task

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
MOMENTS = st.integers(0, 9_999_999_999_999).map(lambda milliseconds: at(milliseconds / 1000))
TASKS = st.builds(
    Task,
    id=st.uuids().map(str),
    title=TEXT.filter(lambda text: bool(text.strip(" \t\r\n"))).map(lambda text: text[:200]).filter(str.strip),
    notes=TEXT,
    work=st.builds(Work, io_ms=st.integers(0, IO_MS), cpu_ms=st.integers(0, CPU_MS)),
    source=st.from_regex(r"\A[a-z][a-z0-9-]{0,31}\Z"),
    host=TEXT.map(lambda text: text[:128]),
    request_id=TEXT.map(lambda text: text[:128]),
    accepted=MOMENTS,
    nginx=st.none() | MOMENTS,
)


def as_json(**changes: Any) -> bytes:
    """The body of a message for the usual task, with some members changed; a member that is ... is left out."""
    members = {**json.loads(a_message().body), **changes}
    return json.dumps({name: value for name, value in members.items() if value is not ...}).encode()


@given(TASKS)
def test_a_task_comes_out_of_its_message_as_it_went_in(task: Task) -> None:
    """Nothing of a task is lost or changed on its way through the broker."""
    assert task == decode(encode(task, "work").body)


def test_a_message_is_named_by_its_task() -> None:
    """The management page then shows which task a message is, and which request sent it."""
    message = encode(a_task(), "work")
    assert ("work", ID, "r1", "flask", {"attempt": 1}, None) == (
        message.queue,
        message.message_id,
        message.correlation_id,
        message.app_id,
        message.headers,
        message.expiration_ms,
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": ...}, "id"),
        ({"id": "not-an-id"}, "id"),
        ({"id": f"{ID}\n"}, "id"),
        ({"id": ID.upper()}, "id"),
        ({"title": ""}, "title"),
        ({"title": "t" * 201}, "title"),
        ({"notes": "n" * (NOTES_LENGTH + 1)}, "notes"),
        ({"work": {"io_ms": IO_MS + 1}}, "io_ms"),
        ({"source": "Flask"}, "source"),
        ({"source": "flask\n"}, "source"),
        ({"host": "h" * 129}, "host"),
        ({"request_id": 7}, "request_id"),
        ({"accepted": "yesterday"}, "accepted"),
        ({"accepted": "2026-11-21T10:00:00"}, "accepted"),
        ({"accepted": ...}, "accepted"),
        ({"nginx": 5}, "nginx"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_message_that_is_no_task_says_which_member_is_wrong(changes: dict[str, Any], reason: str) -> None:
    """The reason is kept with the dead letter, for the person who looks at it."""
    with pytest.raises(DecodeError, match=reason):
        decode(as_json(**changes))


@pytest.mark.parametrize("body", [b"", b"Hello World!", b"\x80", b'{"title": "a', b"[" * 200_000, b'"\\ud800"'])
def test_a_body_that_is_no_json_is_one_decode_error(body: bytes) -> None:
    """RabbitMQ's own tutorials put plain words into a queue of the same name."""
    with pytest.raises(DecodeError):
        decode(body)


def test_a_body_beyond_the_limit_is_refused_unread() -> None:
    """Padding with blanks would be valid JSON."""
    padded = as_json() + b" " * MESSAGE_BYTES
    with pytest.raises(DecodeError, match="bytes"):
        decode(padded)


def test_the_largest_task_fits_into_a_message() -> None:
    """Escapes and four-byte characters do not push an accepted task over the message limit."""
    task = a_task(title="\x01" * 200, notes="\x01" * NOTES_LENGTH)
    assert MESSAGE_BYTES > len(encode(task, "work").body)


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_a_decode_error(body: bytes) -> None:
    """A poison message never raises anything that a consumer does not expect."""
    with pytest.raises(DecodeError):
        decode(body)


@pytest.mark.parametrize(
    ("headers", "attempt"),
    [
        (None, 1),
        ({}, 1),
        ({"attempt": 3}, 3),
        ({"attempt": 0}, 1),
        ({"attempt": -5}, 1),
        ({"attempt": 2**70}, MAX_ATTEMPT),
        ({"attempt": "4"}, 1),
        ({"attempt": 2.0}, 1),
        ({"attempt": True}, 1),
        ({"attempt": None}, 1),
        ({"attempt": [2]}, 1),
        ({"x-death": [{"count": 3}]}, 1),
    ],
)
def test_the_attempt_is_read_from_our_own_header_and_kept_within_reason(headers: Any, attempt: int) -> None:
    """Anybody can publish with any header; the broker's own counters count other things."""
    assert attempt == attempt_of(headers)


def test_a_dead_letter_keeps_the_body_and_says_why() -> None:
    """People who look into the queue of dead letters need both."""
    dead = dead_letter(a_message(), "work.dead", "no such plant", 5, ACCEPTED)
    assert (a_message().body, "work.dead", ID) == (dead.body, dead.queue, dead.message_id)
    assert {"attempt": 5, "reason": "no such plant", "queue": "work", "dead-at": "2026-11-21T10:00:00.250+00:00"} == (
        dead.headers
    )


def test_a_dead_letter_waits_for_ever() -> None:
    """It is for people, who take their time."""
    original = a_message(expiration_ms=1000)
    assert dead_letter(original, "work.dead", "why", 1, ACCEPTED).expiration_ms is None


def test_a_retry_says_which_attempt_comes_next_and_when() -> None:
    """It waits in its retry queue for as long as its expiration says."""
    again = retry(a_message(), "work.retry.1000", 2, 900, "the store was away")
    assert ("work.retry.1000", 900, {"attempt": 2, "reason": "the store was away"}) == (
        again.queue,
        again.expiration_ms,
        again.headers,
    )


def test_headers_of_others_travel_on() -> None:
    """A header that a tool has put on a message is still there after a retry."""
    assert "x" == retry(a_message(headers={"traceparent": "x"}), "q", 2, 1, "why").headers["traceparent"]


@pytest.mark.parametrize("reason", ["r" * 501, "ü" * 9000])
def test_a_long_reason_is_cut(reason: str) -> None:
    """Headers count against the frame size; a message that cannot be published would never be settled."""
    assert 500 == len(dead_letter(a_message(), "d", reason, 1, ACCEPTED).headers["reason"])
    assert 500 == len(retry(a_message(), "r", 2, 1, reason).headers["reason"])


def test_neither_changes_the_message_it_was_made_of() -> None:
    """A message whose publish fails is settled in another way, as it came."""
    original = a_message()
    dead_letter(original, "d", "why", 3, ACCEPTED + timedelta(1))
    assert {"attempt": 1} == original.headers


def test_two_tasks_are_two_messages() -> None:
    """Nothing is shared between them."""
    assert OTHER_ID == decode(encode(a_task(id=OTHER_ID), "work").body).id
