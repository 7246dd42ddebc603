"""What these tests share: a watched lab of their own. With Docker only what differs there is looked at again."""

import os
from collections.abc import Iterator

import pytest

from cli.testing import WAY
from drills.links import Links
from drills.load import Load
from tests.monitoring.load import Readers
from tests.monitoring.stage import Watched, watched

ON_DOCKER = os.environ.get(WAY) == "docker"
# Not skipped: a suite that is run natively has no containers to look at, and the other way round.
collect_ignore_glob = ["test_[!c]*.py"] if ON_DOCKER else ["test_compose.py"]


@pytest.fixture(scope="session")
def plain() -> Iterator[Watched]:
    """The lab as ``./lab up --watch`` makes it."""
    with watched(ON_DOCKER) as lab:
        yield lab


@pytest.fixture(scope="session")
def lab(plain: Watched) -> Iterator[Watched]:
    """The same, in which faults can be made and alerts come sooner."""
    with Links() as links:
        plain.prepare(links)
        yield plain


@pytest.fixture(scope="session")
def load(lab: Watched) -> Iterator[None]:
    """Somebody sends tasks to both APIs and reads them, all the time."""
    with Load(lab.http, ("flask", "async"), clients=2), Readers(lab.http, ("flask", "async")):
        yield
