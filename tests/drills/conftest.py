"""What the drills' tests share: one stage, prepared for faults, for all of them."""

import os
from collections.abc import Iterator

import pytest

from cli.testing import WAY
from drills.stage import Stage
from drills.stage import stage as open_stage


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """A private lab in which faults can be made."""
    with open_stage(docker=os.environ.get(WAY) == "docker") as opened:
        yield opened
