"""Parts that hang: there, connected, and silent."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from drills.history import History
from drills.load import Load
from tests.support.api import Api, assert_problem, unique
from tests.support.processes import frozen
from tests.support.serving import assert_serves_again
from tests.support.stack import Stack
from tests.support.waiting import wait_until

FROZEN = 15.0
PROMPT = 5.0


def test_a_frozen_broker_makes_nobody_wait_and_nothing_false(
    stack: Stack, apis: dict[str, Api], load: Load, account: Callable[[History], None]
) -> None:
    """15 s of silence: every POST is answered within 5 s, by 503; then it heals, and each 202 is stored once."""
    pids = stack.pids("rabbitmq", "any")

    with load as history:
        with frozen(pids):
            began = time.monotonic()
            before = len(history.requests)
            wait_until(lambda: time.monotonic() - began > FROZEN, FROZEN + 5, "15 s of silence")
            meanwhile = history.requests[before:]
            for api in apis.values():
                assert 200 == api.get("/tasks?limit=1").status_code
        assert_serves_again(stack, apis, "rabbitmq")

    assert history.slowest < PROMPT, str(history)
    # What was on its way when the silence began may have been confirmed just before.
    assert {503} == {one.status for one in meanwhile[load.clients :]}, str(history)
    account(history)


def test_a_frozen_database_makes_nobody_wait(
    stack: Stack, apis: dict[str, Api], load: Load, account: Callable[[History], None]
) -> None:
    """GET is 503 within 5 s, POST goes on; then it heals, and each 202 is stored once."""
    pids = stack.pids("mongo", "any")

    with load as history:
        with frozen(pids):
            asked = [(api, path) for api in apis.values() for path in ("/tasks", f"/tasks/{unique()}", "/readyz")]
            with ThreadPoolExecutor(len(asked)) as pool:
                waited = list(pool.map(seconds_until_503, *zip(*asked, strict=True)))
            for api in apis.values():
                api.send()
        assert_serves_again(stack, apis, "mongo")

    assert max(waited) < PROMPT
    assert {202} == {one.status for one in history.requests}, str(history)
    assert history.slowest < PROMPT
    account(history)


def seconds_until_503(api: Api, path: str) -> float:
    """How long a GET took to be answered 503."""
    started = time.monotonic()
    assert_problem(api.get(path), 503)
    return time.monotonic() - started
