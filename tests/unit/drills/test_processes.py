"""Signals, to processes of the test's own."""

import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from drills.processes import frozen, is_gone, kill
from drills.waiting import wait_until
from tests.unit.drills.fakes import FakeStage, a_scene

Process = subprocess.Popen[bytes]
SLEEP = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]


@pytest.fixture
def sleepers() -> Iterator[list[Process]]:
    """Two processes that do nothing."""
    started = [subprocess.Popen(SLEEP) for _ in range(2)]
    yield started
    for process in started:
        process.kill()
        process.wait()


def is_stopped(process: Process) -> bool:
    """Whether the system says that it does not run."""
    return bool(psutil.Process(process.pid).status() == psutil.STATUS_STOPPED)


def test_what_is_killed_is_gone(sleepers: list[Process]) -> None:
    """All of it when the call returns, although its parent has not asked for it yet."""
    assert [False, False] == [is_gone(one.pid) for one in sleepers]
    kill(*(one.pid for one in sleepers))
    assert [True, True] == [is_gone(one.pid) for one in sleepers]


def test_a_process_that_was_waited_for_is_gone(sleepers: list[Process]) -> None:
    """Its number belongs to nobody."""
    sleepers[0].kill()
    sleepers[0].wait()
    assert is_gone(sleepers[0].pid)


def test_what_is_frozen_is_silent_and_goes_on(sleepers: list[Process]) -> None:
    """As long as the block lasts, and not longer."""
    with frozen([one.pid for one in sleepers]):
        wait_until(lambda: all(map(is_stopped, sleepers)), 5, "both are stopped")
    wait_until(lambda: not any(map(is_stopped, sleepers)), 5, "both go on")


def test_what_is_frozen_goes_on_although_another_was_killed_meanwhile(sleepers: list[Process]) -> None:
    """As a drill does that kills what hangs."""
    first, second = sleepers
    with frozen([first.pid, second.pid]):
        kill(first.pid)
        first.wait()
    wait_until(lambda: not is_stopped(second), 5, "the other goes on")


def test_nothing_stays_frozen_where_one_could_not_be(sleepers: list[Process]) -> None:
    """It had ended before."""
    first, second = sleepers
    second.kill()
    second.wait()
    with pytest.raises(ProcessLookupError), frozen([first.pid, second.pid]):
        pytest.fail("the second is gone")
    wait_until(lambda: not is_stopped(first), 5, "the first goes on")


def test_a_drill_kills_one_of_a_service_or_all(sleepers: list[Process]) -> None:
    """And says which."""
    pids = [one.pid for one in sleepers]
    scene = a_scene(FakeStage(processes={"flask": pids}))
    one = scene.kill_one("flask", "worker")
    assert [one] == [pid for pid in pids if is_gone(pid)]
    scene.stage.processes = {"flask": [pid for pid in pids if pid != one]}  # type: ignore[attr-defined]
    assert [pid for pid in pids if pid != one] == scene.kill("flask")
    assert [True, True] == [is_gone(pid) for pid in pids]
