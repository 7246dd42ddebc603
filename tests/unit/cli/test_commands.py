"""The command surface: exit codes, and words instead of stack traces."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import guard, main, probe, running, waiting, ways
from cli.errors import Broken, Failed
from cli.probe import Target
from cli.send import judged, percentile
from cli.stack import Process, Service
from cli.testing import chosen
from tests.unit.cli.fakes import FakeStack, a_lab

COMMANDS = [
    "up", "down", "status", "logs", "stop", "start", "restart", "scale", "send", "trace", "test", "doctor", "conform",
]  # fmt: skip


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeStack:
    """The commands find this stack running, with everything ready."""
    fake = FakeStack([Service("pyworker", 1, "running", (Process(7, "main", "python"),), {"health": 5011})])
    lab = a_lab(tmp_path)
    monkeypatch.setattr(main, "load", lambda: lab)
    monkeypatch.setattr(ways, "current", lambda _: fake)
    monkeypatch.setattr(probe, "targets", lambda *_: [Target("pyworker", str)])
    return fake


def run(*words: str) -> tuple[int, str]:
    """Exit code and everything that was printed."""
    result = CliRunner().invoke(main.app, list(words))
    return result.exit_code, result.output


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    """With --help, and without a lab."""
    assert run(command, "--help")[0] == 0


@pytest.mark.parametrize("words", [["fly"], ["up", "--fast"], ["send", "many"], ["send", "0"], ["scale"]])
def test_wrong_use_is_exit_code_2(words: list[str]) -> None:
    """Unknown commands, options and values."""
    assert run(*words)[0] == 2


def test_two_ways_at_once_are_wrong_use(stack: FakeStack) -> None:
    """Not a guess which was meant."""
    assert run("up", "--docker", "--native")[0] == 2


def test_an_unknown_service_is_wrong_use(stack: FakeStack) -> None:
    """Nothing is done to any other."""
    assert (run("stop", "pywroker")[0], stack.asked) == (2, [])


@pytest.mark.parametrize("wish", ["pyworker", "pyworker=", "pyworker=0", "pyworker=-1", "=3"])
def test_a_scale_that_says_no_number_is_wrong_use(stack: FakeStack, wish: str) -> None:
    """SERVICE=N, N at least 1."""
    assert run("scale", wish)[0] == 2


def test_a_service_is_stopped_and_the_mend_is_named(stack: FakeStack) -> None:
    """So that who breaks something knows how to mend it."""
    code, words = run("stop", "pyworker")
    assert (code, stack.asked) == (0, ["stop pyworker"])
    assert "./lab start pyworker" in words


def test_scaling_waits_until_the_copies_are_ready(stack: FakeStack) -> None:
    """The stack does it, the command waits."""
    assert run("scale", "pyworker=3")[0] == 0
    assert stack.asked[0] == "scale pyworker=3"


def test_status_as_json_is_json(stack: FakeStack) -> None:
    """Nothing else on standard output."""
    [service] = json.loads(CliRunner().invoke(main.app, ["status", "--json"]).stdout)["services"]
    assert (
        service["name"],
        service["state"],
        service["pids"],
        service["ports"],
    ) == ("pyworker", "running", [7], {"health": 5011})


def test_without_a_lab_status_says_null(stack: FakeStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script can tell that nothing runs."""
    monkeypatch.setattr(ways, "current", lambda _: None)
    assert json.loads(CliRunner().invoke(main.app, ["status", "--json"]).stdout)["way"] is None


def test_a_broken_environment_is_exit_code_3(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the part, what went wrong, and the mend."""

    def broken() -> None:
        raise Broken("it is too old", part="docker", mend="Install a newer one.")

    monkeypatch.setattr(main, "load", broken)
    code, words = run("status")
    assert code == 3
    assert "docker: it is too old" in words
    assert "Install a newer one." in words


def test_a_fault_of_our_own_shows_no_stack_trace(stack: FakeStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """But how to see it."""

    def fail(*_: object) -> None:
        raise KeyError("oops")

    monkeypatch.setattr(running, "status", fail)
    code, words = run("status")
    assert code == 1
    assert "Traceback" not in words
    assert "LAB_DEBUG=1" in words


def test_ctrl_c_ends_quietly(stack: FakeStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a failure, without a stack trace."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "status", interrupted)
    code, words = run("status")
    assert code == 1
    assert "Traceback" not in words


def test_what_is_not_ready_in_time_is_named_with_its_reason_and_its_log() -> None:
    """And what to do next."""
    targets = [Target("mongo", str), Target("nginx", lambda: "no answer")]
    with pytest.raises(Failed) as caught:
        waiting.wait_until_ready(FakeStack(), targets, patience=0.05)
    assert caught.value.part == "nginx"
    assert "no answer" in str(caught.value)
    assert "the last words of nginx" in str(caught.value)
    assert "./lab logs nginx" in caught.value.mend


def test_arguments_behind_the_dashes_are_pytest_s() -> None:
    """Whatever they look like."""
    assert guard.split_at_dashes(["test", "unit", "--", "-k", "x", "--", "y"]) == (
        ["test", "unit"],
        ["-k", "x", "--", "y"],
    )


def test_all_suites_there_are_is_the_default(tmp_path: Path) -> None:
    """In their order, leaving out what is not there."""
    for suite in ("e2e", "unit"):
        (tmp_path / suite).mkdir()
        (tmp_path / suite / "test_x.py").touch()
    assert chosen([], tmp_path) == ["unit", "e2e"]


@pytest.mark.parametrize(
    ("status", "outcome"), [(202, "accepted"), (400, "refused"), (503, "unknown"), (502, "unknown")]
)
def test_an_answer_is_judged_by_what_is_known_of_the_task(status: int, outcome: str) -> None:
    """After a 5xx nobody knows whether it was taken."""
    assert outcome == judged(status, "", "id", 0.1).outcome


@pytest.mark.parametrize(("share", "expected"), [(0.5, 2.0), (0.95, 4.0), (0.25, 1.0)])
def test_a_percentile_is_one_of_the_values(share: float, expected: float) -> None:
    """The smallest that this share does not exceed."""
    assert expected == percentile([4.0, 1.0, 3.0, 2.0], share)
