"""``Idempotency-Key``: the same task sent again is the same task."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pymongo.collection import Collection

from tests.support.api import Api, assert_problem, unique


def keyed(key: str) -> dict[str, str]:
    """The header."""
    return {"Idempotency-Key": key}


def test_the_same_key_gives_the_same_id_and_the_task_is_stored_once(
    api: Api, collection: Collection[dict[str, Any]]
) -> None:
    """Sent three times, once after it was stored: one id, one document."""
    title, key = unique(), unique("key")

    ids = [api.send(title, headers=keyed(key)) for _ in range(2)]
    api.stored(ids[0])
    ids.append(api.send(title, headers=keyed(key)))

    assert 1 == len(set(ids))
    assert 1 == collection.count_documents({"title": title})


def test_a_repeated_post_publishes_nothing_once_the_task_is_stored(api: Api) -> None:
    """The answer is the same 202, without another message."""
    title, key = unique(), unique("key")
    first = api.send(title, headers=keyed(key))
    api.stored(first)

    before = api.counter("tasklab_publishes_total")
    assert first == api.send(title, headers=keyed(key))

    assert before == api.counter("tasklab_publishes_total")


def test_the_same_key_is_the_same_task_on_both_apis(
    apis: dict[str, Api], collection: Collection[dict[str, Any]]
) -> None:
    """A client may repeat its POST at the other API, at once or later."""
    title, key = unique(), unique("key")

    ids = {apis[name].send(title, headers=keyed(key)) for name in ("flask", "async")}
    apis["flask"].stored(next(iter(ids)))
    ids |= {apis[name].send(title, headers=keyed(key)) for name in ("async", "flask")}

    assert 1 == len(ids)
    assert 1 == collection.count_documents({"title": title})


def test_a_key_used_for_another_task_is_refused(api: Api) -> None:
    """422 that says so; the first task stays as it is."""
    title, key = unique(), unique("key")
    task_id = api.send(title, headers=keyed(key))
    first = api.stored(task_id)

    for other in ({"title": unique()}, {"title": title, "notes": "more"}, {"title": title, "work": {"io_ms": 1}}):
        problem = assert_problem(api.post(other, headers=keyed(key)), 422)
        assert "Idempotency-Key" in problem["detail"]

    assert first == api.find(task_id)


def test_defaults_written_out_are_the_same_task(api: Api) -> None:
    """What counts is what the task is, not how its JSON is written."""
    title, key = unique(), unique("key")
    task_id = api.send(title, headers=keyed(key))
    api.stored(task_id)

    assert task_id == api.send(title, notes="", work={"cpu_ms": 0, "io_ms": 0}, headers=keyed(key))


def test_ten_clients_at_once_with_one_key_store_one_task(
    apis: dict[str, Api], api: Api, collection: Collection[dict[str, Any]]
) -> None:
    """Each is answered 202 with the same id; half of them ask the other API."""
    title, key = unique(), unique("key")
    other = next(each for each in apis.values() if each is not api)

    with ThreadPoolExecutor(10) as pool:
        asked = [api if number % 2 else other for number in range(10)]
        ids = set(pool.map(lambda each: each.send(title, headers=keyed(key)), asked))

    assert 1 == len(ids)
    api.stored(next(iter(ids)))
    assert 1 == collection.count_documents({"title": title})


def test_two_tasks_under_one_key_at_once_leave_the_first_and_one_dead_letter(api: Api, broker: Any) -> None:
    """Nobody can know before one is stored: the second ends in the dead letters as a conflict, and nothing is lost."""
    key = unique("key")
    answers = [api.post({"title": unique(), "work": {"io_ms": 200}}, headers=keyed(key)) for _ in range(2)]
    if 422 in {answer.status_code for answer in answers}:
        return  # The first was stored before the second came: refused at the door.

    assert [202, 202] == [answer.status_code for answer in answers]
    task_id = answers[0].json()["id"]
    stored = api.stored(task_id)
    dead = broker.wait_for_dead(lambda letter: letter.message_id == task_id)
    assert 1 == len(dead)
    assert str(dead[0].headers["reason"]).startswith("conflict")
    assert stored == api.find(task_id)


@pytest.mark.parametrize("key", ["", "a b", "k" * 201, "schlüssel".encode("latin-1")])
def test_a_key_that_cannot_be_used_is_refused(api: Api, key: Any, nothing_published: None) -> None:
    """1 to 200 visible ASCII characters; anything else is 400 before anything is queued."""
    answer = api.request("POST", "/tasks", json={"title": unique()}, headers={b"Idempotency-Key": key})

    assert "Idempotency-Key" in assert_problem(answer, 400)["detail"]


def test_the_longest_key_and_every_visible_character_can_be_used(api: Api) -> None:
    """The bounds are inclusive."""
    odd = "".join(chr(code) for code in range(0x21, 0x7F))
    long = unique() + "k" * 200

    for key in (odd, long[:200]):
        assert 202 == api.post({"title": "same"}, headers=keyed(key)).status_code
