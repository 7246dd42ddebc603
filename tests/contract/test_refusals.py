"""What is refused, each time with a problem document and nothing queued."""

import time
from typing import Any

import httpx
import pytest
from pymongo.collection import Collection

from conform.bodies import DEEPLY_NESTED, GOOD, MARK, REFUSED, TOO_LARGE, Refused
from tests.support.api import Api, assert_problem, http_client
from tests.support.broker import Broker
from tests.support.waiting import wait_until


def named(cases: list[Refused]) -> pytest.MarkDecorator:
    """A parameter of the test for each body, with its name as the id."""
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name.replace(" ", "-"))


def post(api: Api, case: Refused) -> httpx.Response:
    """The answer to the body, declared as the case says; an empty Content-Type is left out."""
    headers = {"Content-Type": "application/json", **case.headers}
    return api.request("POST", "/tasks", content=case.body, headers={k: v for k, v in headers.items() if v})


@named(REFUSED)
def test_a_body_that_is_no_task_is_refused(api: Api, case: Refused, nothing_published: None) -> None:
    """A problem document with the right status, and no message for the broker."""
    problem = assert_problem(post(api, case), case.status)

    assert "Traceback" not in problem["detail"]
    assert len(problem["detail"]) < 1000


@named(DEEPLY_NESTED)
def test_a_deeply_nested_body_is_refused_and_breaks_nothing(api: Api, case: Refused, nothing_published: None) -> None:
    """No RecursionError comes through as a 500, and the next task is taken."""
    answer = post(api, case)

    assert answer.status_code in {400, 422}
    assert_problem(answer, answer.status_code)
    assert api.get("/healthz").status_code == 200


def test_nothing_refused_is_ever_stored(
    apis: dict[str, Api], broker: Broker, collection: Collection[dict[str, Any]]
) -> None:
    """All of them sent once more to both, then one good task: only that one is found, in the store or anywhere."""
    for case in [*REFUSED, *DEEPLY_NESTED]:
        for api in apis.values():
            assert 400 <= post(api, case).status_code < 500
    last = apis["flask"].send()
    apis["flask"].stored(last)
    wait_until(lambda: broker.depth() == 0, 10, "the queue is empty")

    assert 0 == collection.count_documents({"$or": [{"title": {"$regex": MARK}}, {"notes": {"$regex": "n{64}"}}]})
    assert [] == broker.dead_letters(lambda letter: MARK.encode() in letter.body)


def test_a_large_body_is_refused_on_the_api_s_own_port_too(api: Api) -> None:
    """nginx stops it first; the API does not rely on that."""
    headers = {"Content-Type": "application/json"}
    too_large, largest = GOOD + b" " * TOO_LARGE, b'{"title": "large"}' + b" " * 60_000

    statuses = []
    for body in (too_large, largest):
        with http_client(api.direct) as http:
            statuses.append(http.post("/tasks", content=body, headers=headers).status_code)

    assert [413, 202] == statuses


def test_a_large_body_in_chunks_is_refused_on_the_api_s_own_port_too(api: Api) -> None:
    """Nothing says its length beforehand; it is counted as it comes."""
    with http_client(api.direct) as http:
        chunks = (b" " * 8192 for _ in range(12))
        refused = http.post("/tasks", content=chunks, headers={"Content-Type": "application/json"})

    assert_problem(refused, 413)


def test_a_chunked_body_is_as_good_as_any(api: Api) -> None:
    """No Content-Length is needed."""
    chunks = iter([b'{"title": ', b'"in chunks"}'])

    answer = api.request("POST", "/tasks", content=chunks, headers={"Content-Type": "application/json"})

    assert 202 == answer.status_code


METHODS = [
    ("/tasks", ["PUT", "PATCH", "DELETE", "OPTIONS"], {"GET", "HEAD", "POST"}),
    ("/tasks/x", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"], {"GET", "HEAD"}),
    ("/healthz", ["POST", "DELETE"], {"GET", "HEAD"}),
    ("/", ["POST"], {"GET", "HEAD"}),
    ("/docs", ["POST"], {"GET", "HEAD"}),
    ("/openapi.yaml", ["PUT"], {"GET", "HEAD"}),
]


@pytest.mark.parametrize(("path", "methods", "allowed"), METHODS)
def test_a_method_that_an_address_does_not_take_is_405_and_says_which_it_does(
    api: Api, path: str, methods: list[str], allowed: set[str]
) -> None:
    """Allow lists them (RFC 9110)."""
    for method in methods:
        answer = api.request(method, path, content=GOOD)
        assert_problem(answer, 405)
        assert allowed == set(answer.headers["allow"].split(", "))


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "BREW"])
def test_a_method_that_nobody_takes_is_refused(api: Api, method: str) -> None:
    """By nginx or by the API: a 4xx problem document either way."""
    answer = api.request(method, "/tasks")

    assert answer.status_code in {400, 405}
    assert_problem(answer, answer.status_code)


PATHS = ["/nothing", "/tasks/", "/tasks/a/b", "/Tasks", "/docs/", "/docs/nothing.js", "/docs/..%2F..%2Fapp.py", "/%00"]


@pytest.mark.parametrize("path", PATHS)
def test_an_address_that_does_not_exist_is_404(api: Api, path: str) -> None:
    """A problem document, whoever found out first."""
    answer = api.get(path)

    assert answer.status_code in {400, 404}
    assert_problem(answer, answer.status_code)


def test_refusals_are_quick(api: Api) -> None:
    """Whatever is wrong with it, a body is refused at once."""
    started = time.monotonic()
    for case in REFUSED[:20]:
        post(api, case)

    assert time.monotonic() - started < 5
