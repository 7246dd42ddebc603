"""What a worker adds to a task."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.documents import public, same_content
from core.enrich import SLUG_LENGTH, enrich, hashtags, slug
from tests.unit.samples import ACCEPTED, ID, RECEIVED, STORED, a_receipt, a_task, work


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Water the plants", "water-the-plants"),
        ("  Straße, 2. Stock!  ", "straße-2-stock"),
        ("日本語 の タスク", "日本語-の-タスク"),
        ("ＡＢＣ", "abc"),
        ("---", "task"),
        ("👩‍🚀", "task"),
        ("a" * 200, "a" * SLUG_LENGTH),
        ("a" * 79 + " b", "a" * 79),
    ],
)
def test_a_slug_is_the_title_made_readable_in_an_address(title: str, expected: str) -> None:
    """Letters of every script stay."""
    assert expected == slug(title)


@given(st.text(min_size=1, max_size=200))
def test_a_slug_is_short_and_made_of_words_joined_by_single_hyphens(title: str) -> None:
    """Whatever the title holds."""
    made = slug(title)
    assert 1 <= len(made) <= SLUG_LENGTH
    assert re.fullmatch(r"\w+(-\w+)*", made)


@given(st.text(min_size=1, max_size=200))
def test_a_slug_of_a_slug_is_the_same(title: str) -> None:
    """It is as plain as it can be."""
    assert slug(title) == slug(slug(title))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Resize #photos", ["photos"]),
        ("#b #a #B", ["b", "a"]),
        ("a#b", []),
        ("# alone", []),
        ("##double", ["double"]),
        ("#día, #日本!", ["día", "日本"]),
        ("", []),
    ],
)
def test_hashtags_are_found_once_and_in_order(text: str, expected: list[str]) -> None:
    """In lower case, so that one tag has one spelling."""
    assert expected == hashtags(text)


@given(st.text(max_size=100))
def test_every_hashtag_is_one_word(text: str) -> None:
    """And none comes twice."""
    found = hashtags(text)
    assert all(not re.search(r"[\s#]", tag) for tag in found)
    assert len(found) == len(set(found))


def test_a_document_has_the_task_and_what_is_derived_from_it() -> None:
    """Counted over title and notes together."""
    task = a_task(title="Resize #photos", notes="all of #them", work=work(io_ms=5))
    document = enrich(task, a_receipt(), STORED)
    del document["passport"]
    assert {
        "_id": ID,
        "title": "Resize #photos",
        "notes": "all of #them",
        "work": {"io_ms": 5, "cpu_ms": 0},
        "source": "flask",
        "worker": "pyworker",
        "slug": "resize-photos",
        "words": 5,
        "characters": 26,
        "hashtags": ["photos", "them"],
    } == document


def test_a_passport_tells_every_hop() -> None:
    """Who, on which attempt, how long it waited, and when."""
    nginx = ACCEPTED - timedelta(milliseconds=3)
    document = enrich(a_task(nginx=nginx), a_receipt(attempt=2, redelivered=True), STORED)
    assert {
        "request_id": "r1",
        "producer": {"name": "flask", "host": "here"},
        "worker": {"name": "pyworker", "host": "there"},
        "attempt": 2,
        "redelivered": True,
        "waited_ms": 1250,
        "times": {"nginx": nginx, "accepted": ACCEPTED, "received": RECEIVED, "stored": STORED},
    } == document["passport"]


def test_clocks_that_disagree_do_not_make_a_negative_wait() -> None:
    """Producer and worker may run on two hosts."""
    document = enrich(a_task(accepted=RECEIVED + timedelta(seconds=9)), a_receipt(), STORED)
    assert 0 == document["passport"]["waited_ms"]


def test_enriching_the_same_task_twice_gives_the_same() -> None:
    """Nothing here depends on time or chance."""
    assert enrich(a_task(), a_receipt(), STORED) == enrich(a_task(), a_receipt(), STORED)


def test_a_document_is_shown_with_its_id_and_status() -> None:
    """And without the database's own name for the id."""
    shown = public(enrich(a_task(), a_receipt(), STORED))
    assert (ID, "stored", False) == (shown["id"], shown["status"], "_id" in shown)


def test_showing_a_document_does_not_change_it() -> None:
    """It may be shown again."""
    document = enrich(a_task(), a_receipt(), STORED)
    public(document)
    assert ID == document["_id"]


def test_a_redelivered_task_has_the_same_content() -> None:
    """Whoever received it, and when."""
    first, second = enrich(a_task(), a_receipt(), STORED), enrich(a_task(), a_receipt(worker="asyncworker"), RECEIVED)
    assert same_content(first, second)


def test_a_task_with_other_work_has_other_content() -> None:
    """Every member of the request counts."""
    assert not same_content(
        enrich(a_task(), a_receipt(), STORED), enrich(a_task(work=work(io_ms=1)), a_receipt(), STORED)
    )
