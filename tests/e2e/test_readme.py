"""The README is typed once: its sessions are run, in order, and what it shows is what comes out."""

import pytest

from cli.config import ROOT
from cli.course.sessions import Session, sessions
from cli.course.typist import Typist
from tests.support.stack import Stack


@pytest.mark.parametrize(
    "session", [found for found in sessions(ROOT / "README.md") if found.not_run is None], ids=lambda one: one.name
)
def test_what_the_readme_shows_is_what_comes_out(session: Session, stack: Stack) -> None:
    """Command after command."""
    Typist(stack.addresses["http"]).follow(session)
