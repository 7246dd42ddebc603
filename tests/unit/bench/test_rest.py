"""How busy a lab at rest is, and the wait until it is."""

import os
import time
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from bench import rest


def test_what_is_busy_at_rest_is_a_share_of_all_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that works without a pause takes no more than the whole of one; one that sleeps takes next to nothing."""
    monkeypatch.setattr(time, "sleep", _work)
    share = rest.taken_at_rest(lambda: {"this": [os.getpid()]}, 0.3)
    assert 0 < share <= 1.1 / (psutil.cpu_count() or 1)
    assert 0 == rest.taken_at_rest(lambda: {"nobody": []}, 0.0)


def _work(seconds: float) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        pass


def a_bench(processes: dict[str, list[int]]) -> Any:
    """A lab of these processes."""
    return SimpleNamespace(everything=lambda _: processes, notes=[])


def test_a_lab_of_which_nothing_works_any_more_is_settled_at_the_first_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing is noted."""
    monkeypatch.setattr(rest, "GLANCE", 0.01)
    rest.settle(bench := a_bench({"nobody": []}))
    assert [] == bench.notes


def test_a_lab_that_does_not_come_to_rest_is_measured_and_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader of the figures must know."""
    monkeypatch.setattr(rest, "GLANCE", 0.3)
    monkeypatch.setattr(rest, "SETTLED_WITHIN", 0.0)
    monkeypatch.setattr(time, "sleep", _work)
    rest.settle(bench := a_bench({"this": [os.getpid()]}))
    assert ["measured nevertheless: not within 0 s: the lab is at rest (last look: False)"] == bench.notes
