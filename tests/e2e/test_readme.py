"""The README is typed once: its sessions are run, in order, and what it shows is what comes out."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.console import Session, Step, difference, sessions
from tests.support.stack import Stack
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
WITHIN = 30.0
COMMAND_TIMEOUT = 150
CHANGES = re.compile(r"\s(-X|-d|--data\S*|--request|-T)\s")
SHOWN = "http://localhost/"
# The lab's own Python: typed with another one, ./lab would make .venv anew under the lab that runs.
OWN = ROOT / ".venv" / "bin" / "python"
LAB = shlex.join([str(OWN if OWN.exists() else sys.executable), "lab"])


def type_in(command: str, stack: Stack) -> str:
    """What the command prints; AssertionError if it fails."""
    command = command.replace(SHOWN, f"{stack.addresses['http'].rstrip('/')}/").replace("./lab ", f"{LAB} ")
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=COMMAND_TIMEOUT, check=False
    )
    assert 0 == done.returncode, f"$ {command}\n{done.stdout}{done.stderr}"
    return done.stdout


def compare(step: Step, stack: Stack) -> None:
    """AssertionError with a diff unless the command prints what is shown; one that only reads may be typed again."""
    last = ""

    def look() -> bool:
        nonlocal last
        last = difference(step.expected, type_in(step.command, stack))
        return not last

    only_reads = step.command.startswith("curl ") and not CHANGES.search(step.command)
    try:
        wait_until(look, WITHIN if only_reads else 0, step.command)
    except AssertionError as error:
        raise AssertionError(f"$ {step.command}\n{last or error}") from error


@pytest.mark.parametrize(
    "session", [found for found in sessions(ROOT / "README.md") if found.not_run is None], ids=lambda one: one.name
)
def test_what_the_readme_shows_is_what_comes_out(session: Session, stack: Stack) -> None:
    """Command after command."""
    for step in session.steps:
        compare(step, stack)
