"""``GET /tasks/{id}``, with and without ``Prefer: wait``."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from tests.support.api import Api, assert_problem, unique

FIELDS = {
    "id", "status", "title", "notes", "work", "source", "worker", "slug", "words", "characters", "hashtags", "passport",
}  # fmt: skip


def test_a_stored_task_carries_its_passport(api: Api) -> None:
    """Who took it, who stored it, on which attempt, how long it waited, and the time of every hop, in order."""
    document = api.stored(api.send())

    passport = document["passport"]
    times = {hop: datetime.fromisoformat(time) for hop, time in passport["times"].items()}
    assert FIELDS == document.keys()
    assert ("stored", api.name) == (document["status"], document["source"])
    assert (api.name, document["worker"]) == (passport["producer"]["name"], passport["worker"]["name"])
    assert document["worker"] in {"pyworker", "asyncworker"}
    assert times["nginx"] <= times["accepted"] <= times["received"] <= times["stored"]
    assert (1, False) == (passport["attempt"], passport["redelivered"])
    assert round((times["received"] - times["accepted"]).total_seconds() * 1000) == passport["waited_ms"]


def test_the_passport_names_the_request(api: Api) -> None:
    """The id that the client gave its POST is found in the stored task."""
    request_id = unique("request")

    document = api.stored(api.send(headers={"X-Request-ID": request_id}))

    assert request_id == document["passport"]["request_id"]


def test_both_apis_show_the_same_task(apis: dict[str, Api]) -> None:
    """A task sent to one API is read through the other, with the same words."""
    task_id = apis["flask"].send()

    assert apis["flask"].stored(task_id) == apis["async"].stored(task_id)


@pytest.mark.parametrize("task_id", [str(uuid.uuid4()), "x", "0" * 64, "1" * 500, "%24ne", "a%20b", "..."])
def test_what_is_not_stored_is_a_404_that_says_what_to_do(api: Api, task_id: str) -> None:
    """Unknown and impossible ids are the same to the client: not stored, or not yet."""
    assert_problem(api.get(f"/tasks/{task_id}"), 404)


def test_prefer_wait_answers_as_soon_as_the_task_is_stored(api: Api) -> None:
    """The wait is granted in Preference-Applied, and ends with the task, not with its time."""
    task_id = api.send(work={"io_ms": 300})

    started = time.monotonic()
    answer = api.get(f"/tasks/{task_id}", headers={"Prefer": "wait=20"})

    assert (200, task_id, "wait=20") == (answer.status_code, answer.json()["id"], answer.headers["preference-applied"])
    assert time.monotonic() - started < 15


def test_prefer_wait_grants_at_most_30_seconds(api: Api) -> None:
    """A longer wish is cut, and the answer says so."""
    task_id = api.send(work={"io_ms": 300})

    answer = api.get(f"/tasks/{task_id}", headers={"Prefer": "wait=86400"})

    assert (200, "wait=30") == (answer.status_code, answer.headers["preference-applied"])


def test_prefer_wait_for_a_task_that_never_comes_ends_in_time(api: Api) -> None:
    """404 after the time asked for: not before, and not long after."""
    started = time.monotonic()
    answer = api.get(f"/tasks/{uuid.uuid4()}", headers={"Prefer": "wait=1"})
    waited = time.monotonic() - started

    assert_problem(answer, 404)
    assert "wait=1" == answer.headers["preference-applied"]
    assert 1 <= waited < 3


@pytest.mark.parametrize("prefer", ["wait=1", "respond-async, wait=1", "WAIT=1", "wait = 1", "wait=1; foo=bar"])
def test_prefer_wait_is_understood_among_other_preferences(api: Api, prefer: str) -> None:
    """RFC 7240 allows lists, blanks, parameters and either case."""
    answer = api.get(f"/tasks/{uuid.uuid4()}", headers={"Prefer": prefer})

    assert "wait=1" == answer.headers["preference-applied"]


@pytest.mark.parametrize("prefer", ["", "wait", "wait=", "wait=0", "wait=-1", "wait=1.5", "wait=ten", "return=minimal"])
def test_a_preference_that_makes_no_sense_is_ignored(api: Api, prefer: str) -> None:
    """A preference is a wish: the answer comes at once and claims no wait."""
    started = time.monotonic()
    answer = api.get(f"/tasks/{uuid.uuid4()}", headers={"Prefer": prefer})

    assert_problem(answer, 404)
    assert "preference-applied" not in answer.headers
    assert time.monotonic() - started < 1


def test_a_stored_task_needs_no_wait(api: Api) -> None:
    """The answer is there at once, so no wait is granted."""
    task_id = api.send()
    api.stored(task_id)

    answer = api.get(f"/tasks/{task_id}", headers={"Prefer": "wait=20"})

    assert (200, None) == (answer.status_code, answer.headers.get("preference-applied"))


def test_many_who_wait_keep_nobody_from_sending(api: Api) -> None:
    """While 60 clients wait for tasks that never come, a POST is answered promptly, and each wait within its bounds."""
    with ThreadPoolExecutor(60) as pool:
        started = time.monotonic()
        headers = {"Prefer": "wait=3"}
        waits = [pool.submit(api.get, f"/tasks/{uuid.uuid4()}", headers=headers) for _ in range(60)]
        api.send()
        sent = time.monotonic() - started
        statuses = {wait.result().status_code for wait in waits}

    assert sent < 2
    assert {404} == statuses
    assert time.monotonic() - started < 8
