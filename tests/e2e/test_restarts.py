"""Parts that are stopped and come back while tasks are sent: nothing promised is lost."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx
import pytest

from drills.history import History
from drills.load import Load
from tests.support.api import Api, assert_problem, unique
from tests.support.processes import terminate
from tests.support.serving import assert_serves_again
from tests.support.stack import Stack
from tests.support.waiting import wait_until

Account = Callable[[History], None]
PROMPT = 5.0
"""Seconds within which every request is answered, whatever has failed."""


@pytest.mark.parametrize("service", ["flask", "asyncapp", "pyworker", "asyncworker"])
def test_a_service_asked_to_stop_finishes_what_it_took(
    stack: Stack, apis: dict[str, Api], load: Load, account: Account, service: str
) -> None:
    """SIGTERM under load: it ends with 0 within 10 s and comes back; clients are answered, and no 202 is lost."""
    with load as history:
        ending = terminate(stack, service)
        assert_serves_again(stack, apis, service)

    assert 0 == ending.exit_status
    assert ending.seconds < 10
    assert {202, 502, 503, 504} >= {one.status for one in history.requests}, str(history)
    assert history.slowest < PROMPT, str(history)
    account(history)


def test_nginx_restarts_under_load(stack: Stack, apis: dict[str, Api], load: Load, account: Account) -> None:
    """What it had taken is answered; what comes meanwhile finds nobody and is not stored."""
    with load as history:
        stack.lab("restart", "nginx")
        assert_serves_again(stack, apis, "nginx")

    account(history)


def test_without_the_database_tasks_are_taken_and_stored_later(
    stack: Stack, apis: dict[str, Api], load: Load, account: Account
) -> None:
    """POST stays 202, GET is 503 within 5 s; with the database back everything is stored, and nothing was given up."""
    with load as history:
        stack.lab("stop", "mongo")
        for api in apis.values():
            api.send()
            assert_unavailable(partial(api.get, "/tasks"), "store")
            assert_unavailable(partial(api.get, f"/tasks/{unique()}"), "store")
            assert_unavailable(partial(api.get, "/readyz"), "store")
            api.send(headers={"Idempotency-Key": unique("key")})
        stack.lab("start", "mongo")
        assert_serves_again(stack, apis, "mongo")

    assert {202} == {one.status for one in history.requests}, str(history)
    account(history)


def test_without_the_broker_tasks_are_refused_and_stored_ones_are_read(
    stack: Stack, apis: dict[str, Api], load: Load, account: Account
) -> None:
    """POST is 503 with Retry-After within 5 s, never a false 202; GET stays 200; it heals when the broker is back."""
    known = apis["flask"].send()
    apis["flask"].stored(known)

    with load as history:
        stack.lab("stop", "rabbitmq")
        for api in apis.values():
            assert_unavailable(partial(api.post, {"title": unique()}), "broker")
            assert_unavailable(partial(api.get, "/readyz"), "broker")
            assert 200 == api.get(f"/tasks/{known}").status_code
            assert 200 == api.get("/tasks").status_code
        stack.lab("start", "rabbitmq")
        assert_serves_again(stack, apis, "rabbitmq")

    assert history.slowest < PROMPT, str(history)
    account(history)


def test_a_task_that_waits_for_its_store_is_answered_when_the_api_is_asked_to_stop(stack: Stack, api: Api) -> None:
    """Nobody is left hanging: a long Prefer: wait ends early, with an answer."""
    with ThreadPoolExecutor(1) as pool:
        started = time.monotonic()
        waiting = pool.submit(api.get, f"/tasks/{unique()}", headers={"Prefer": "wait=30"})
        wait_until(lambda: time.monotonic() - started > 0.5, 5, "the request is under way")
        terminate(stack, api.service)

        assert waiting.result().status_code in {404, 502}
        assert time.monotonic() - started < 15


def assert_unavailable(ask: Callable[[], httpx.Response], part: str) -> None:
    """The answer is 503 within 5 s, with Retry-After, naming the part that is missing."""
    started = time.monotonic()
    answer = ask()
    assert time.monotonic() - started < PROMPT
    assert [part] == assert_problem(answer, 503)["missing"]
    assert int(answer.headers["retry-after"]) > 0
