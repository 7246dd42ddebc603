"""``GET /tasks``: pages, newest first, and filters."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.api import Api, Document, assert_problem, unique

PAGES_AT_MOST = 400


def walk(api: Api, **query: Any) -> Iterator[list[Document]]:
    """The pages of a list, each found by the link of the one before it."""
    answer = api.get("/tasks", params=query)
    for _ in range(PAGES_AT_MOST):
        assert 200 == answer.status_code, answer.text
        page = answer.json()
        assert {"items", "next"} == page.keys()
        yield page["items"]
        if page["next"] is None:
            return
        assert page["next"].startswith(f"{api.prefix}/tasks?")
        answer = api.http.get(page["next"])
    raise AssertionError(f"the list has not ended after {PAGES_AT_MOST} pages")


def place(document: Document) -> tuple[datetime, str]:
    """What the list is ordered by. Times as text do not sort: a whole second has no fraction."""
    return datetime.fromisoformat(document["passport"]["times"]["stored"]), document["id"]


def test_every_page_is_reached_newest_first_and_no_task_comes_twice(api: Api, apis: dict[str, Api]) -> None:
    """All pages of seven together are the whole collection in order, with the tasks just sent among them."""
    sent = {api.send() for _ in range(20)}
    for task_id in sent:
        api.stored(task_id)

    pages = []
    for page in walk(api, limit=7):
        pages.append(page)
        if sent <= {item["id"] for page in pages for item in page} and len(pages) > 5:
            break
    items = [item for page in pages for item in page]

    assert all(len(page) == 7 for page in pages[:-1])
    assert len(items) == len({item["id"] for item in items})
    assert items == sorted(items, key=place, reverse=True)
    assert sent <= {item["id"] for item in items}


def test_tasks_that_arrive_while_pages_are_read_move_nothing(api: Api) -> None:
    """Between two pages new tasks are stored: the next page still begins where the last one ended."""
    first_ids = [api.send() for _ in range(9)]
    for task_id in first_ids:
        api.stored(task_id)

    seen: list[Document] = []
    for number, page in enumerate(walk(api, limit=3)):
        seen += page
        if number == 6:
            break
        api.stored(api.send())

    assert len(seen) == len({item["id"] for item in seen})
    assert seen == sorted(seen, key=place, reverse=True)
    assert set(first_ids) <= {item["id"] for item in seen}


def test_a_walk_ends_with_a_page_that_has_no_next(api: Api) -> None:
    """Every task is in the walk exactly once; the last page says that it is the last."""
    for _ in range(3):
        api.stored(api.send())

    ids = [item["id"] for page in walk(api, limit=100, worker="pyworker") for item in page]

    assert len(ids) == len(set(ids)) > 0


def test_a_page_has_50_tasks_unless_asked_otherwise(api: Api) -> None:
    """The default limit holds once there is more than a page."""
    for task_id in [api.send() for _ in range(51)]:
        api.stored(task_id)

    page = api.get("/tasks").json()

    assert 50 == len(page["items"])
    assert "limit" not in page["next"]


def test_the_next_link_keeps_the_filters_and_the_limit(api: Api) -> None:
    """Following it asks the same question about the next page."""
    for task_id in [api.send() for _ in range(3)]:
        api.stored(task_id)

    following = api.get("/tasks", params={"limit": 2, "source": api.name}).json()["next"]

    parts = urlsplit(following)
    assert (f"{api.prefix}/tasks", True, True) == (
        parts.path, "limit=2" in parts.query, f"source={api.name}" in parts.query
    )  # fmt: skip


def test_the_list_can_be_narrowed_to_a_source_and_a_worker(api: Api, apis: dict[str, Api]) -> None:
    """Filters hold for every task shown, together and alone, and miss none."""
    ids = [each.send() for each in apis.values() for _ in range(10)]
    stored = [api.stored(task_id) for task_id in ids]

    for source in apis:
        shown = api.get("/tasks", params={"source": source, "limit": 100}).json()["items"]
        assert {source} == {item["source"] for item in shown}
        assert {one["id"] for one in stored if one["source"] == source} <= {item["id"] for item in shown}
    worker = stored[0]["worker"]
    both = api.get("/tasks", params={"source": "flask", "worker": worker, "limit": 5}).json()["items"]
    assert {("flask", worker)} == {(item["source"], item["worker"]) for item in both}


def test_a_filter_that_nothing_matches_gives_an_empty_page(api: Api) -> None:
    """No task is no error."""
    assert {"items": [], "next": None} == api.get("/tasks", params={"worker": "nobody"}).json()


def test_items_are_the_tasks_as_they_are_read_one_by_one(api: Api) -> None:
    """A page shows whole tasks."""
    document = api.stored(api.send(unique("listed")))

    shown = api.get("/tasks", params={"limit": 50}).json()["items"]

    assert document in shown


WRONG = [
    "limit=0", "limit=101", "limit=-1", "limit=1.0", "limit=ten", "limit=", "limit=1e1", "limit=%2B5", "limit=٣",
    "limit=1&limit=1", "source=flask&source=async", "after=x", "after=1.2", "after=", "page=2", "limit[$gt]=1",
    "source[$ne]=flask", "source=FLASK", "source=", "source=$ne", "worker=" + "a" * 33, "worker=a%00b",
    "after=99999999999999.00000000-0000-0000-0000-000000000000", "Limit=1", "=1",
]  # fmt: skip


@pytest.mark.parametrize("query", WRONG)
def test_a_query_that_the_contract_does_not_know_is_refused(api: Api, query: str) -> None:
    """Unknown, repeated and unusable parameters are 400; none is ignored or guessed at."""
    assert_problem(api.get(f"/tasks?{query}"), 400)


def test_a_cursor_of_a_task_that_never_was_is_still_a_place_in_the_list(api: Api) -> None:
    """The largest and the smallest cursor are beyond both ends of the list."""
    last = "ffffffff-ffff-ffff-ffff-ffffffffffff"
    newest = api.get(f"/tasks?limit=1&after=9999999999999.{last}")
    oldest = api.get(f"/tasks?after=0.{last}")

    assert (200, 1) == (newest.status_code, len(newest.json()["items"]))
    assert (200, {"items": [], "next": None}) == (oldest.status_code, oldest.json())
