"""kill -9 of every process while tasks are sent: nothing promised is lost, nothing comes twice, everything heals."""

from collections.abc import Callable

import pytest

from drills.history import History
from drills.load import Load
from tests.support.api import Api
from tests.support.processes import kill
from tests.support.serving import BACK_WITHIN, assert_serves_again
from tests.support.stack import Stack
from tests.support.waiting import wait_until

PROCESSES = [
    ("flask", "worker"),
    ("flask", "master"),
    ("asyncapp", "worker"),
    ("asyncapp", "master"),
    ("pyworker", "main"),
    ("asyncworker", "main"),
    ("nginx", "worker"),
    ("nginx", "master"),
    ("rabbitmq", "main"),
    ("mongo", "main"),
]


@pytest.mark.parametrize(("service", "role"), PROCESSES)
def test_a_killed_process_costs_no_accepted_task(
    stack: Stack, apis: dict[str, Api], load: Load, account: Callable[[History], None], service: str, role: str
) -> None:
    """It comes back by itself, and 10 s after that at the latest everything serves; each 202 is stored once."""
    before = stack.pids(service, role)
    victim = before[0]

    def is_replaced() -> bool:
        now = stack.pids(service, role)
        return victim not in now and len(now) == len(before)

    with load as history:
        wait_until(lambda: len(history.accepted) > 20, 10, "tasks are on their way")
        kill(victim)
        wait_until(is_replaced, BACK_WITHIN, f"{service} has another {role}")
        assert_serves_again(stack, apis, service)

    account(history)
