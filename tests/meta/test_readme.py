"""What the README shows can be typed: its commands exist, and its links lead somewhere.

What its commands print is compared in ``tests/e2e/test_readme.py``, on a lab that runs.
"""

import re
import subprocess
import sys

import pytest

from cli.course.sessions import Session, sessions
from tests.meta.house import ROOT

README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")
SESSIONS = sessions(README)
COMMANDS = sorted(set(re.findall(r"(?:^\$ |`)\./lab ([a-z]+)", TEXT, re.MULTILINE)))
LINKS = sorted({link for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", TEXT) if "://" not in link})
NOT_RUN = [session for session in SESSIONS if session.not_run is not None]


def test_the_readme_shows_sessions() -> None:
    """Else nothing of it would be run."""
    assert any(session.not_run is None for session in SESSIONS)


@pytest.mark.parametrize("session", NOT_RUN, ids=lambda one: one.name)
def test_a_session_that_is_not_run_has_a_reason(session: Session) -> None:
    """In the comment above it."""
    assert session.not_run


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_lab_that_is_shown_exists(command: str) -> None:
    """Also those that are not run."""
    # Not through the script ./lab: typed with another Python, it would make .venv anew under a lab that runs.
    program = "import sys; from cli.main import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", program, command, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("link", LINKS)
def test_every_link_to_a_file_leads_to_one(link: str) -> None:
    """Of this repository."""
    assert (ROOT / link).exists()
