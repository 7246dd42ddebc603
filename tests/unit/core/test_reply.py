"""The answers of the HTTP contract, as values."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from core import reply
from core.enrich import Document, enrich
from core.page import Cursor, ListQuery
from core.problem import Problem, unavailable
from core.reply import Reply
from core.request import parse_list_query
from core.settings import LIMITS
from tests.unit.samples import ID, STORED, a_receipt, a_task, some_ids

DOCUMENT = enrich(a_task(), a_receipt(), STORED)


def body(answer: Reply) -> Any:
    """The JSON of an answer."""
    return json.loads(answer.body)


def documents(count: int) -> list[Document]:
    """Stored documents."""
    return [enrich(a_task(id=task_id), a_receipt(), STORED) for task_id in some_ids(count)]


def test_an_accepted_task_is_told_where_it_will_be_found() -> None:
    """Under the path that the client itself used."""
    answer = reply.queued(a_task(), "/flask")
    assert (202, f"/flask/tasks/{ID}") == (answer.status, answer.headers["Location"])


def test_an_accepted_task_is_told_its_id_its_status_and_who_took_it() -> None:
    """Nothing else is known yet."""
    assert {"id": ID, "source": "flask", "status": "queued"} == body(reply.queued(a_task(), ""))


def test_times_are_written_in_utc_to_the_millisecond() -> None:
    """As RFC 3339 has them."""
    assert "2026-11-21T10:00:00.250Z" == body(reply.stored(DOCUMENT))["passport"]["times"]["accepted"]


def test_a_stored_task_is_shown_with_its_id() -> None:
    """As the contract names it."""
    answer = reply.stored(DOCUMENT)
    assert (200, ID, "stored", {"Content-Type": "application/json"}) == (
        answer.status,
        body(answer)["id"],
        body(answer)["status"],
        answer.headers,
    )


@pytest.mark.parametrize("answer", [reply.stored(DOCUMENT, 5), reply.not_stored(ID, "r", 5)], ids=["200", "404"])
def test_a_wait_that_was_granted_is_told(answer: Reply) -> None:
    """RFC 7240: Preference-Applied."""
    assert "wait=5" == answer.headers["Preference-Applied"]


@pytest.mark.parametrize("answer", [reply.stored(DOCUMENT), reply.not_stored(ID, "r")], ids=["200", "404"])
def test_without_a_wait_no_preference_is_applied(answer: Reply) -> None:
    """Nobody asked for one, or it was not granted."""
    assert "Preference-Applied" not in answer.headers


def test_a_task_that_is_not_stored_is_not_found_yet() -> None:
    """The answer says how to wait for it."""
    answer = reply.not_stored(ID, "r7")
    assert (404, "r7") == (answer.status, body(answer)["request_id"])
    assert "Prefer: wait=5" in body(answer)["detail"]


def test_an_address_of_any_length_is_cut_in_the_answer() -> None:
    """The answer is no echo."""
    assert 400 > len(body(reply.not_stored("x" * 5000, "r"))["detail"])


def test_a_page_shows_no_more_than_its_limit() -> None:
    """The document beyond it only says that there is a next page."""
    assert 2 == len(body(reply.page(documents(3), ListQuery(limit=2), ""))["items"])


def test_a_page_that_is_the_last_has_no_next() -> None:
    """Null says so."""
    assert body(reply.page(documents(2), ListQuery(limit=2), ""))["next"] is None


def test_an_empty_page_is_a_page() -> None:
    """Of a lab that has just been started."""
    assert {"items": [], "next": None} == body(reply.page([], ListQuery(), "/flask"))


def test_a_next_link_asks_for_the_same_list_behind_the_last_task_shown() -> None:
    """With the prefix that the client used."""
    query = ListQuery(limit=2, source="flask", worker="pyworker")
    link = urlsplit(body(reply.page(documents(3), query, "/async"))["next"])
    assert "/async/tasks" == link.path
    assert ListQuery(2, Cursor(STORED, some_ids(3)[1]), "flask", "pyworker") == parse_list_query(parse_qsl(link.query))


def test_a_next_link_leaves_out_what_is_usual() -> None:
    """It is read by people, too."""
    link = body(reply.page(documents(51), ListQuery(), ""))["next"]
    assert ["after"] == [name for name, _ in parse_qsl(urlsplit(link).query)]


def test_the_index_links_to_everything() -> None:
    """With the prefix that the client used."""
    shown = body(reply.index("/flask", "flask"))
    assert ("flask", "/flask/tasks", 6) == (shown["service"], shown["links"]["tasks"], len(shown["links"]))


def test_a_live_process_is_alive() -> None:
    """It asks nobody else."""
    assert {"status": "alive"} == body(reply.healthy())


def test_a_service_that_misses_nothing_is_ready() -> None:
    """And says so with a 200."""
    answer = reply.readiness({}, "r")
    assert (200, {"status": "ready"}) == (answer.status, body(answer))


def test_a_service_that_misses_something_names_it() -> None:
    """And why, and when to ask again."""
    answer = reply.readiness({"broker": "no answer", "store": "no primary"}, "r")
    assert (503, str(LIMITS.retry_after)) == (answer.status, answer.headers["Retry-After"])
    assert (["broker", "store"], "broker: no answer; store: no primary") == (
        body(answer)["missing"],
        body(answer)["detail"],
    )


def test_a_problem_has_the_members_of_rfc_9457_and_the_request_id() -> None:
    """So that the log is found from the answer."""
    answer = reply.problem(Problem(404, "No."), "r9")
    assert {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "No.", "request_id": "r9"} == body(
        answer
    )


def test_a_problem_is_declared_as_one() -> None:
    """Clients tell it from an answer by its media type."""
    assert {"Content-Type": "application/problem+json", "Retry-After": "2"} == reply.problem(
        unavailable("Later."), "r"
    ).headers


def test_bodies_end_with_a_line_feed() -> None:
    """A terminal shows the prompt on its own line."""
    assert reply.healthy().body.endswith(b"}\n")


@pytest.mark.parametrize(("status", "line"), [(200, "200 OK"), (202, "202 Accepted"), (503, "503 Service Unavailable")])
def test_a_status_line_has_the_words_of_the_status(status: int, line: str) -> None:
    """The same on both servers."""
    assert line == reply.status_line(status)
