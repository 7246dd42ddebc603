"""What costs some hundredths is compared in short turns, and what happens at rest by how busy the processors are."""

import os
import time

import psutil
import pytest

from bench import paired


def test_turns_are_taken_so_that_a_drift_changes_both_alike() -> None:
    """Neither is always the second."""
    assert [(1, "a"), (1, "b"), (2, "b"), (2, "a"), (3, "a"), (3, "b")] == list(paired.turns(("a", "b"), 3))


def test_what_is_busy_at_rest_is_a_share_of_all_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that works without a pause takes no more than the whole of one; one that sleeps takes next to nothing."""
    monkeypatch.setattr(paired, "REST", 0.3)
    monkeypatch.setattr(time, "sleep", _work)
    share = paired.taken_at_rest(lambda: {"this": [os.getpid()]})
    assert 0 < share <= 1.1 / (psutil.cpu_count() or 1)
    assert 0 == paired.taken_at_rest(lambda: {"nobody": []})


def _work(seconds: float) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        pass
