"""What the page on watching shows is what comes out."""

import pytest

from cli.config import ROOT
from cli.course.sessions import Session, sessions
from cli.course.typist import Typist
from tests.monitoring.stage import Watched

PAGE = ROOT / "deploy" / "monitoring" / "README.md"
SHOWN = "http://localhost:9090/"
SESSIONS = sessions(PAGE)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "session", [found for found in SESSIONS if found.not_run is None], ids=lambda session: session.name
)
def test_what_the_page_shows_is_what_comes_out(session: Session, plain: Watched) -> None:
    """Command after command; a question to Prometheus is asked again until it has scraped the answer."""
    Typist(plain.http, {SHOWN: plain.prometheus.address}).follow(session)


def test_what_is_not_run_says_why() -> None:
    """And something is run."""
    assert [True, False] == sorted({session.not_run is None for session in SESSIONS}, reverse=True)
    assert all(session.not_run for session in SESSIONS if session.not_run is not None)
