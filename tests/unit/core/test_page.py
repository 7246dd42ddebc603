"""Pages of the stored tasks."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import at
from core.documents import INDEXES, NEWEST_FIRST, STORED
from core.enrich import enrich
from core.errors import InvalidRequest
from core.page import Cursor, ListQuery, cursor_of, filter_of, parse_cursor
from tests.unit import samples
from tests.unit.samples import ID, a_receipt, a_task, some_ids


@given(st.integers(0, 9_999_999_999_999), st.uuids().map(str))
def test_a_cursor_finds_the_document_it_was_made_of(milliseconds: int, task_id: str) -> None:
    """To the millisecond, which is all that the database keeps."""
    stored = at(milliseconds / 1000)
    document = enrich(a_task(id=task_id), a_receipt(), stored)
    assert Cursor(stored, task_id) == parse_cursor(cursor_of(document))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ID,
        f".{ID}",
        f"1.{ID}x",
        f"x.{ID}",
        f"-1.{ID}",
        f"1.{ID.upper()}",
        f"12345678901234.{ID}",
        f"1.{ID}\n",
        '{"$gt": ""}',
        f"１.{ID}",
    ],
)
def test_a_cursor_that_no_link_holds_is_refused(text: str) -> None:
    """With words that say where to take it from."""
    with pytest.raises(InvalidRequest, match="next link"):
        parse_cursor(text)


@given(st.text(max_size=80))
def test_text_of_any_kind_is_a_cursor_or_refused(text: str) -> None:
    """Never anything else."""
    with suppress(InvalidRequest):
        assert isinstance(parse_cursor(text), Cursor)


def test_a_plain_list_filters_nothing() -> None:
    """It shows everything, newest first."""
    assert {} == filter_of(ListQuery())


def test_a_list_can_be_narrowed_to_a_producer_and_a_worker() -> None:
    """By equality, so that an index serves it."""
    assert {"source": "flask", "worker": "asyncworker"} == filter_of(ListQuery(source="flask", worker="asyncworker"))


def matches(wanted: dict[str, Any], stored: Any, task_id: str) -> bool:
    """Whether a document is found by the part of the filter that comes from a cursor, as MongoDB would judge it."""
    bound, either = wanted[STORED]["$lte"], wanted["$or"]
    return bool(stored <= bound) and bool(stored < either[0][STORED]["$lt"] or task_id < either[1]["_id"]["$lt"])


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(some_ids(9))), unique_by=lambda pair: pair[1], min_size=1))
def test_the_next_page_is_everything_behind_the_cursor(stored: list[tuple[int, str]]) -> None:
    """Nothing twice and nothing left out, also where many were stored in one millisecond."""
    newest_first = sorted(((at(second), task_id) for second, task_id in stored), reverse=True)
    for place, last in enumerate(newest_first):
        wanted = filter_of(ListQuery(after=Cursor(*last)))
        assert newest_first[place + 1 :] == [found for found in newest_first if matches(wanted, *found)]


def test_the_bound_of_a_page_lies_on_the_first_key_of_the_index() -> None:
    """Page 100 is then as cheap as page 1."""
    assert NEWEST_FIRST[0][0] in filter_of(ListQuery(after=Cursor(samples.STORED, ID)))


def test_every_list_has_an_index_in_its_own_order() -> None:
    """The whole list, the list of a producer, the list of a worker."""
    assert [[], [("source", 1)], [("worker", 1)]] == [keys[: -len(NEWEST_FIRST)] for keys in INDEXES]
    assert all(keys[-len(NEWEST_FIRST) :] == NEWEST_FIRST for keys in INDEXES)


def test_a_task_stored_meanwhile_does_not_move_the_next_page() -> None:
    """That is what a cursor is for."""
    wanted = filter_of(ListQuery(after=Cursor(samples.STORED, ID)))
    assert not matches(wanted, samples.STORED + timedelta(seconds=1), ID)
