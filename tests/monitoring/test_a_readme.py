"""What the page on watching shows is what comes out."""

import shlex
import subprocess
import sys
from functools import partial

import pytest

from cli.config import ROOT
from tests.docs.console import Session, Step, difference, sessions
from tests.monitoring.stage import Watched
from tests.support.waiting import wait_until

PAGE = ROOT / "deploy" / "monitoring" / "README.md"
SHOWN = "http://localhost:9090/"
WITHIN = 40.0
COMMAND_TIMEOUT = 150
SESSIONS = sessions(PAGE)


def type_in(command: str, lab: Watched) -> str:
    """What the command prints; AssertionError if it fails."""
    command = command.replace("./lab ", f"{shlex.quote(sys.executable)} lab ")
    command = command.replace(SHOWN, f"{lab.prometheus.address}/")
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=COMMAND_TIMEOUT, check=False
    )
    assert 0 == done.returncode, f"$ {command}\n{done.stdout}{done.stderr}"
    return done.stdout


def differs(step: Step, lab: Watched) -> str:
    """Where what is printed is not what is shown."""
    return difference(step.expected, type_in(step.command, lab))


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "session", [found for found in SESSIONS if found.not_run is None], ids=lambda session: session.name
)
def test_what_the_page_shows_is_what_comes_out(session: Session, plain: Watched) -> None:
    """Command after command; a question to Prometheus is asked again until it has scraped the answer."""
    for step in session.steps:
        if step.command.startswith("curl "):
            wait_until(partial(matches, step, plain), WITHIN, f"$ {step.command}\n{step.expected}", poll=1)
        else:
            assert "" == differs(step, plain)


def matches(step: Step, lab: Watched) -> bool:
    """Whether what is printed is what is shown."""
    return not differs(step, lab)


def test_what_is_not_run_says_why() -> None:
    """And something is run."""
    assert [True, False] == sorted({session.not_run is None for session in SESSIONS}, reverse=True)
    assert all(session.not_run for session in SESSIONS if session.not_run is not None)
