"""Every request has an id: the client's own if it can be grepped for, else a new one."""

import re

import pytest

from tests.support.api import Api, assert_problem, unique

NEW = re.compile(r"[0-9a-f]{32}")
PATHS = ["/", "/healthz", "/tasks?limit=1", "/tasks?limit=0", "/tasks/x", "/nothing", "/metrics", "/docs"]


@pytest.mark.parametrize("path", PATHS)
def test_a_request_without_an_id_gets_one(api: Api, path: str) -> None:
    """On every address, once, another one each time."""
    first, second = (api.get(path).headers.get_list("x-request-id") for _ in range(2))

    assert (1, 1) == (len(first), len(second))
    assert NEW.fullmatch(first[0])
    assert first != second


@pytest.mark.parametrize("given", ["a", "A-b_c.9", "x" * 64])
def test_an_id_that_the_client_gives_is_kept(api: Api, given: str) -> None:
    """It comes back in the header, and in the problem document."""
    answer = api.get("/nothing", headers={"X-Request-ID": given})

    assert [given] == answer.headers.get_list("x-request-id")
    assert given == assert_problem(answer, 404)["request_id"]


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", 'a"b', "a/b", "a;b", "a\\nb", "{}", "é".encode(), "a,b", "%0a"])
def test_an_id_with_odd_characters_is_replaced(api: Api, given: str) -> None:
    """What would break a log line or a grep never comes through."""
    answer = api.get("/nothing", headers=[(b"X-Request-ID", given)])

    assert NEW.fullmatch(answer.headers["x-request-id"])
    assert answer.headers["x-request-id"] == assert_problem(answer, 404)["request_id"]


def test_two_ids_are_none(api: Api) -> None:
    """Which one would count? A new one."""
    answer = api.get("/healthz", headers=[("X-Request-ID", "one"), ("X-Request-ID", "two")])

    assert 1 == len(answer.headers.get_list("x-request-id"))


def test_a_prefix_that_the_client_claims_is_ignored(api: Api) -> None:
    """Links carry the prefix that the path router saw, whatever the request says."""
    headers = {"X-Forwarded-Prefix": "/evil"}
    for task_id in [api.send() for _ in range(2)]:
        api.stored(task_id)

    location = api.post({"title": unique()}, headers=headers).headers["location"]
    following = api.get("/tasks?limit=1", headers=headers).json()["next"]

    assert location.startswith(f"{api.prefix}/tasks/")
    assert following.startswith(f"{api.prefix}/tasks?")


def test_a_time_that_the_client_claims_is_ignored(api: Api) -> None:
    """The passport's first hop is the path router's own clock."""
    document = api.stored(api.send(headers={"X-Request-Start": "t=1000000000.000"}))

    assert document["passport"]["times"]["nginx"] > "2020"
