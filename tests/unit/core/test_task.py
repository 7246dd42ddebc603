"""What is a task, and what is refused in front of the queue."""

import json
from datetime import UTC, datetime
from typing import Any

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.enrich import enrich
from core.errors import DecodeError, InvalidRequest, InvalidTask
from core.message import decode
from core.task import CPU_MS, IO_MS, NOTES_LENGTH, TITLE_LENGTH, NewTask, Task, Work, parse_new_task
from tests.unit.samples import STORED, a_receipt, a_task

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
# Values that are nearly right, so that many examples are accepted and the rest fail late.
NEARLY = st.fixed_dictionaries(
    {"title": st.text(min_size=1, max_size=TITLE_LENGTH) | st.text(st.characters(), min_size=1) | JSON},
    optional={
        "notes": st.text(st.characters(), max_size=40) | JSON,
        "work": st.fixed_dictionaries({}, optional={"io_ms": st.integers(-1, IO_MS + 1), "cpu_ms": st.integers()})
        | JSON,
    },
)


def parse(**members: Any) -> NewTask:
    """The task in a JSON body with these members."""
    return parse_new_task(json.dumps(members).encode())


def accepted_or_none(body: bytes) -> NewTask | None:
    """The task in ``body``, or None where it is refused in one of the two foreseen ways."""
    try:
        return parse_new_task(body)
    except (InvalidTask, InvalidRequest):
        return None


def test_a_title_is_all_that_a_task_needs() -> None:
    """What the client leaves out has a plain value."""
    assert NewTask("Water the plants", "", Work(0, 0)) == parse(title="Water the plants")


@pytest.mark.parametrize("title", ["a", "ä" * TITLE_LENGTH, " a", "\x00", "\u2003", "👩‍🚀"])
def test_a_title_of_one_to_two_hundred_characters_is_taken(title: str) -> None:
    """The bounds themselves are inside, and every script is welcome."""
    assert title == parse(title=title).title


@pytest.mark.parametrize(
    "title", ["", " ", "\t\r\n ", "a" * (TITLE_LENGTH + 1), 1, None, True, ["a"], {"$ne": 1}, {"$gt": ""}]
)
def test_a_title_that_is_blank_or_too_long_or_no_text_is_refused(title: Any) -> None:
    """Database operators are no text either."""
    with pytest.raises(InvalidTask, match="title"):
        parse(title=title)


def test_a_task_without_a_title_is_refused() -> None:
    """The message names the member that is missing."""
    with pytest.raises(InvalidTask, match="title"):
        parse(notes="of what?")


def test_notes_of_ten_thousand_characters_are_taken() -> None:
    """The bound itself is inside."""
    assert NOTES_LENGTH == len(parse(title="a", notes="n" * NOTES_LENGTH).notes)


@pytest.mark.parametrize("notes", ["n" * (NOTES_LENGTH + 1), None, 7, ["a"]])
def test_notes_that_are_too_long_or_no_text_are_refused(notes: Any) -> None:
    """The message names the member that is wrong."""
    with pytest.raises(InvalidTask, match="notes"):
        parse(title="a", notes=notes)


@pytest.mark.parametrize("member", ["id", "status", "_id", "Title", "$where", ""])
def test_a_member_that_the_contract_does_not_name_is_refused(member: str) -> None:
    """A typing mistake must not pass in silence."""
    with pytest.raises(InvalidTask, match="unknown field"):
        parse(title="a", **{member: "b"})


@pytest.mark.parametrize(("io_ms", "cpu_ms"), [(0, 0), (IO_MS, CPU_MS)])
def test_work_within_its_bounds_is_taken(io_ms: int, cpu_ms: int) -> None:
    """The bounds themselves are inside."""
    assert Work(io_ms, cpu_ms) == parse(title="a", work={"io_ms": io_ms, "cpu_ms": cpu_ms}).work


@pytest.mark.parametrize(
    "work",
    [
        {"io_ms": -1},
        {"io_ms": IO_MS + 1},
        {"cpu_ms": CPU_MS + 1},
        {"cpu_ms": -1},
        {"io_ms": 2**63},
        {"io_ms": "5"},
        {"io_ms": 1.5},
        {"io_ms": True},
        {"io_ms": None},
        {"sleep": 1},
        [],
        None,
        "1s",
    ],
)
def test_work_beyond_its_bounds_or_of_another_type_is_refused(work: Any) -> None:
    """A lab where one request can hold a worker for an hour is a lab for one student."""
    with pytest.raises(InvalidTask, match="work"):
        parse(title="a", work=work)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"title=a",
        b'{"title": "a",}',
        b'{"title": "a"} {}',
        b"\xff\xfe{\x00}\x00",
        '{"title": "a"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"title": "a"}',
        b'{"title": "\xff"}',
        b'{"title": "\xed\xa0\x80"}',
        b'{"title": NaN}',
        b"[" * 100_000,
        b'{"a":' * 60_000,
    ],
)
def test_a_body_that_is_no_json_in_utf_8_is_a_bad_request(body: bytes) -> None:
    """Whatever its depth or encoding, it is refused with words, never a stack trace."""
    with pytest.raises((InvalidRequest, InvalidTask)):
        parse_new_task(body)


def test_a_lone_surrogate_is_refused() -> None:
    """JSON can write it, BSON cannot hold it."""
    with pytest.raises((InvalidTask, InvalidRequest)):
        parse_new_task(rb'{"title": "a \ud800 b"}')


@pytest.mark.parametrize("body", [b"null", b"[]", b'"title"', b"7", b"true"])
def test_json_that_is_no_object_is_no_task(body: bytes) -> None:
    """It is understood, and wrong."""
    with pytest.raises(InvalidTask, match="object"):
        parse_new_task(body)


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_refused_in_one_of_two_ways(body: bytes) -> None:
    """No input reaches the framework's own error page."""
    assert accepted_or_none(body) is None


@given(JSON | NEARLY)
def test_json_of_any_kind_is_taken_or_refused_in_one_of_two_ways(value: Any) -> None:
    """No input reaches the framework's own error page."""
    taken = accepted_or_none(json.dumps(value).encode())
    assert taken is None or 1 <= len(taken.title) <= TITLE_LENGTH


@given(NEARLY)
def test_what_is_taken_can_always_be_stored(value: Any) -> None:
    """Behind the queue nobody is left to be told that BSON cannot hold it."""
    new = accepted_or_none(json.dumps(value).encode())
    if new is not None:
        task = a_task(title=new.title, notes=new.notes, work=new.work)
        assert new.title == bson.decode(bson.encode(enrich(task, a_receipt(), STORED)))["title"]


AWARE = st.datetimes(timezones=st.sampled_from([UTC]) | st.timezones()) | st.sampled_from(
    [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
)


@given(AWARE, st.none() | AWARE, st.text(st.characters(exclude_categories=["Cs"]), max_size=128))
def test_a_message_that_can_be_decoded_can_be_stored(accepted: datetime, nginx: datetime | None, label: str) -> None:
    """Messages can also be put into the queue by hand, in the management page."""
    body = json.dumps(
        {
            "id": a_task().id,
            "title": "a",
            "source": "flask",
            "host": label,
            "request_id": label,
            "accepted": accepted.isoformat(),
            "nginx": nginx and nginx.isoformat(),
        }
    ).encode()
    task = decoded_or_none(body)
    assert task is None or bson.encode(enrich(task, a_receipt(), STORED))


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_that_utc_cannot_tell_is_no_task(when: str) -> None:
    """In UTC it would lie in the year 0 or 10000, which neither Python nor its BSON can hold."""
    body = {"id": a_task().id, "title": "a", "source": "flask", "host": "h", "request_id": "r", "accepted": when}
    assert decoded_or_none(json.dumps(body).encode()) is None


def decoded_or_none(body: bytes) -> Task | None:
    """The task in a message's body, or None where it is refused."""
    try:
        return decode(body)
    except DecodeError:
        return None
