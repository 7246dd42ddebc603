"""Everything stopped, then started step by step in an awkward order: it converges without a hand on it."""

import time
from collections.abc import Callable

import httpx
import pytest

from drills.history import History
from drills.load import Load
from tests.support.api import Api, assert_problem, http_client, unique
from tests.support.serving import assert_serves_again, listens
from tests.support.stack import Stack

PROMPT = 5.0
ORDERS = {
    "broker last": [["nginx", "flask", "asyncapp", "pyworker", "asyncworker", "mongo"], ["rabbitmq"]],
    "database last": [["rabbitmq", "nginx", "pyworker"], ["asyncworker", "asyncapp", "flask"], ["mongo"]],
    "apis last": [["nginx", "asyncworker", "pyworker"], ["mongo", "rabbitmq"], ["flask", "asyncapp"]],
}
"""Each step starts its services at once and waits for none of them."""


@pytest.mark.timeout(180)
@pytest.mark.parametrize("order", ORDERS)
def test_the_parts_start_in_any_order(
    stack: Stack, apis: dict[str, Api], load: Load, account: Callable[[History], None], order: str
) -> None:
    """Until the last part is there a POST is answered 502 or 503 promptly, or 202 and then stored; never falsely."""
    with load as history:
        stack.lab_at_once("stop", [service for step in ORDERS[order] for service in step])
        for step in ORDERS[order]:
            stack.lab_at_once("start", step)
            for api in apis.values():
                assert_honest(stack, api)
        assert_serves_again(stack, apis, ORDERS[order][-1][-1])

    assert history.slowest < PROMPT, str(history)
    account(history)


def assert_honest(stack: Stack, api: Api) -> None:
    """One POST is answered within 5 s: 202, or a problem document; nobody there at all is honest too."""
    if not listens(stack.addresses["http"]):
        return
    started = time.monotonic()
    with http_client(stack.addresses["http"]) as http:
        try:
            answer = Api(api.name, http, api.direct).post({"title": unique()})
        except httpx.TransportError:
            return
    assert time.monotonic() - started < PROMPT
    if answer.status_code != 202:
        assert answer.status_code in {502, 503}
        assert_problem(answer, answer.status_code)
        assert int(answer.headers["retry-after"]) > 0
