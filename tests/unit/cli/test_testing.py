"""``./lab test``: which suites run, against what, and what is installed for them."""

import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli import requirements, testing
from cli.errors import Broken, Failed, WrongUse
from cli.requirements import install
from cli.testing import Wish, chosen
from drills.waiting import wait_until


@pytest.fixture
def tests(tmp_path: Path) -> Path:
    """A folder of suites, one of them empty."""
    for name in ("unit", "e2e", "drills"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "test_it.py").touch()
    (tmp_path / "support").mkdir()
    return tmp_path


def test_without_a_wish_every_suite_there_is_runs(tests: Path) -> None:
    """In the order from quick to slow."""
    assert ["unit", "e2e", "drills"] == chosen((), tests)


@pytest.mark.parametrize(("user", "runs"), [(0, ["unit", "offline"]), (1000, ["unit"])])
def test_a_network_is_taken_away_by_root_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int, runs: list[str]
) -> None:
    """For others that suite is left out, which is said."""
    for name in ("unit", "offline"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "test_it.py").touch()
    monkeypatch.setattr(testing.os, "geteuid", lambda: user, raising=False)
    monkeypatch.setattr(testing.packages, "on_linux", lambda: True)
    told: list[str] = []
    monkeypatch.setattr(testing, "say", told.append)
    assert runs == chosen((), tmp_path)
    assert (user != 0) == any("sudo ./lab test offline" in line for line in told)


def test_a_suite_there_is_not_is_wrong_use(tests: Path) -> None:
    """The error names those there are."""
    with pytest.raises(WrongUse, match="support"):
        chosen(("support",), tests)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, tests: Path) -> list[Any]:
    """What ``test`` runs, in place of running it."""
    found: list[Any] = []

    @contextmanager
    def stack(_: Wish) -> Any:
        found.append("stack up")
        yield SimpleNamespace(state=tests), None
        found.append("stack down")

    monkeypatch.setattr(testing, "ROOT", tests.parent)
    monkeypatch.setattr(testing, "chosen", lambda wished, _: list(wished))
    monkeypatch.setattr(testing, "install", lambda *_: None)
    monkeypatch.setattr(testing, "_stack", stack)
    monkeypatch.setattr(testing, "_told", lambda *_: {})
    monkeypatch.setattr(testing, "run", lambda suites, *_: found.append(suites) or 0)
    return found


def test_the_drills_run_after_the_stack_of_the_others_is_down(ran: list[Any]) -> None:
    """They bring up one of their own."""
    testing.test(Wish(("e2e", "drills", "unit")))
    assert ["stack up", ["e2e", "unit"], "stack down", ["drills"]] == ran


def test_suites_without_servers_need_no_stack(ran: list[Any]) -> None:
    """They take seconds."""
    testing.test(Wish(("unit", "meta")))
    assert [["unit", "meta"]] == ran


def test_the_manifests_need_tools_and_no_stack(ran: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Installed before pytest counts the time of a test."""
    monkeypatch.setattr(testing.manifests, "prepare", lambda: ran.append("tools"))
    testing.test(Wish(("meta", "kubernetes")))
    assert ["tools", ["meta", "kubernetes"]] == ran


def test_a_failed_test_fails_the_command(ran: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """With pytest's own exit code."""
    monkeypatch.setattr(testing, "run", lambda *_: 1)
    with pytest.raises(Failed, match="exit code 1"):
        testing.test(Wish(("unit",)))


def test_no_test_at_all_is_a_failure(ran: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a name for -k is mistyped."""
    monkeypatch.setattr(testing, "run", lambda *_: testing.NO_TESTS_COLLECTED)
    with pytest.raises(Failed, match="no test"):
        testing.test(Wish(("unit", "drills")))


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[int], list[list[str]]]:
    """Stands in for pip, and keeps its marks elsewhere; ends as it is told."""

    def pretend(code: int) -> list[list[str]]:
        calls: list[list[str]] = []

        def called(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
            calls.append(command)
            return subprocess.CompletedProcess(command, code)

        monkeypatch.setattr(requirements, "ROOT", tmp_path)
        monkeypatch.setattr(requirements.sys, "prefix", str(tmp_path))
        monkeypatch.setattr(requirements.subprocess, "run", called)
        (tmp_path / "tests").mkdir(exist_ok=True)
        (tmp_path / "tests" / "requirements.txt").write_text("pytest==1", encoding="utf-8")
        return calls

    return pretend


def test_requirements_are_installed_once(pip: Callable[[int], list[list[str]]]) -> None:
    """And again when they change."""
    calls = pip(0)
    install("tests/requirements.txt", "tests/none.txt")
    install("tests/requirements.txt")
    assert 1 == len(calls)
    (requirements.ROOT / "tests" / "requirements.txt").write_text("pytest==2", encoding="utf-8")
    install("tests/requirements.txt")
    assert 2 == len(calls)


def test_what_could_not_be_installed_is_tried_again(pip: Callable[[int], list[list[str]]]) -> None:
    """Nothing is marked as done that is not."""
    calls = pip(1)
    for _ in range(2):
        with pytest.raises(Broken, match="pip"):
            install("tests/requirements.txt")
    assert 2 == len(calls)


SLOW_TEST = """
import pathlib, time, pytest

@pytest.fixture
def stack():
    yield
    pathlib.Path(__file__).with_name("taken-down").touch()

def test_it(stack):
    pathlib.Path(__file__).with_name("begun").touch()
    time.sleep(60)
"""


def test_tests_that_a_shell_started_in_the_background_can_be_ended(tmp_path: Path) -> None:
    """Such a shell has them ignore the signal by which they are ended; they take down their stack all the same."""
    (tmp_path / "test_it.py").write_text(SLOW_TEST)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider", str(tmp_path)]
    ignoring = (
        f"import os, signal; signal.signal(signal.SIGINT, signal.SIG_IGN); os.execv({sys.executable!r}, {command!r})"
    )
    with subprocess.Popen([sys.executable, "-c", ignoring], cwd=testing.ROOT, stdout=subprocess.DEVNULL) as tests:
        wait_until((tmp_path / "begun").exists, 60, "the test has begun")
        tests.send_signal(signal.SIGINT)
        assert pytest.ExitCode.INTERRUPTED == tests.wait(30)
    assert (tmp_path / "taken-down").exists()
