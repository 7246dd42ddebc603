"""Python's collector, as a service wants it."""

import gc
from collections.abc import Iterator

import pytest

from core.garbage import look_rarely
from core.settings import LIMITS


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Other tests have Python's own."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_the_collector_looks_rarely_and_not_at_what_was_there() -> None:
    """It goes on: what holds itself is found still."""
    older = gc.get_threshold()[1:]
    look_rarely()
    assert (LIMITS.garbage, *older) == gc.get_threshold()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
