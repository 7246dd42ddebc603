"""The agent: whom it hears, and what it can do."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli import memory
from cli.agent import actions, experiment, guard, process, token
from cli.config import Lab, load
from cli.errors import Failed, WrongUse

LAB = {"HTTP_PORT": "8080", "AGENT_PORT": "5010"}


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A lab that nobody has brought up."""
    known = load({})
    return replace(known, state=tmp_path, variables={**known.variables, **LAB})


def request(**changed: str) -> dict[str, str]:
    """What the board's page sends, but for what is changed."""
    good = {
        "Host": "localhost:5010",
        "Origin": "http://localhost:8080",
        "Sec-Fetch-Site": "same-site",
        "X-Lab-Token": "secret",
    }
    return {**good, **{name.replace("_", "-"): text for name, text in changed.items()}}


def test_the_board_s_page_may_ask(lab: Lab) -> None:
    """By either name of this computer."""
    gate = guard.of(lab, "secret")
    assert "" == gate.refusal(request())
    assert "" == gate.refusal(request(Host="127.0.0.1:5010", Origin="http://127.0.0.1:8080"))


@pytest.mark.parametrize(
    "changed",
    [
        {"Host": "evil.example:5010"},
        {"Origin": ""},
        {"Origin": "null"},
        {"Origin": "http://localhost"},
        {"Origin": "http://evil.example"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "none"},
        {"X_Lab_Token": ""},
        {"X_Lab_Token": "secreT"},
    ],
)
def test_others_may_not(lab: Lab, changed: dict[str, str]) -> None:
    """Each of the signs is enough to be refused."""
    assert guard.of(lab, "secret").refusal(request(**changed))


def test_without_a_token_nobody_may(lab: Lab) -> None:
    """Not even who sends none."""
    assert guard.of(lab, "").refusal(request(X_Lab_Token=""))


def test_the_page_s_port_is_not_named_where_it_is_http_s_own(lab: Lab) -> None:
    """As browsers write an origin."""
    usual = replace(lab, variables={**lab.variables, "HTTP_PORT": "80"})
    assert {"http://localhost", "http://127.0.0.1"} == guard.of(usual, "secret").origins


def test_only_a_lab_that_was_brought_up_has_a_token_and_keeps_it(lab: Lab) -> None:
    """A private lab has none, so its board's buttons do nothing."""
    assert "" == token.token(lab)
    process.wish(lab)
    first = token.token(lab)
    assert (True, first) == (len(first) > 30, token.token(lab))
    assert 0o600 == (lab.state / token.FILE).stat().st_mode & 0o777


def test_where_controls_are_off_there_is_no_token(lab: Lab) -> None:
    """And no wish for an agent."""
    off = replace(lab, variables={**lab.variables, "LAB_CONTROLS": "off"})
    process.wish(off)
    assert ("", False) == (token.token(off), memory.recall(off.state).agent)


@pytest.mark.parametrize(("worker", "action"), [("mongo", "stop"), ("flask", "kill"), ("pyworker", "delete"), ("", "")])
def test_it_can_do_nothing_else_and_to_nobody_else(lab: Lab, worker: str, action: str) -> None:
    """Two workers, six actions."""
    with pytest.raises(WrongUse):
        actions.act(lab, worker, action, 1)


def test_no_record_is_no_agent(lab: Lab) -> None:
    """Nor is one of a process that is no more, or of another with its number."""
    assert None is process.recorded(lab)
    (lab.state / process.FILE).write_text('{"pid": 1, "created": 1.0}')
    assert None is process.recorded(lab)
    (lab.state / process.FILE).write_text("no record")
    assert None is process.recorded(lab)


def test_the_points_of_the_experiment_are_those_of_waiting_tasks() -> None:
    """By side, the middle of the rounds."""
    series: list[dict[str, Any]] = [
        {"case": "io_ms", "measure": "tasks/s", "candidate": "flask", "at": 5.0, "values": [3.0, 1.0, 2.0]},
        {"case": "io_ms", "measure": "RSS of flask", "candidate": "flask", "at": 5.0, "values": [9.0]},
        {"case": "cpu_ms", "measure": "tasks/s", "candidate": "async", "at": 1.0, "values": [9.0]},
    ]
    assert [{"side": "flask", "at": 5.0, "rate": 2.0}] == experiment.points({"series": series})


def test_an_engine_that_hangs_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next button must not wait for it."""

    def hangs(words: list[str], timeout: float, **_: object) -> None:
        raise subprocess.TimeoutExpired(words, timeout)

    monkeypatch.setattr(subprocess, "run", hangs)
    with pytest.raises(Failed, match="docker pause lab-pyworker-1 took too long"):
        actions._engine("lab-pyworker-1", actions.PAUSE, must=True)
