"""What these tests share: one stage whose twins have four queues each."""

from collections.abc import Iterator

import pytest

from drills.stage import Stage
from drills.stage import stage as open_stage

SHARDS = 4


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """A private lab in which faults can be made."""
    with open_stage(shards=SHARDS) as opened:
        yield opened
