"""A processor for each process of a server."""

import os
import threading

import pytest

from core.processors import keep_to, least_taken, usable


def test_a_process_gets_the_processor_that_the_fewest_have() -> None:
    """So that two processes never share one while another is free."""
    assert 3 == least_taken([1, 2, 3], [1, 2, 1, 2])


def test_of_several_the_first_is_taken() -> None:
    """They are listed in the order in which a server prefers them."""
    assert 2 == least_taken([2, 0, 1], [])


def test_a_process_that_has_none_does_not_count() -> None:
    """As one that was started when there was nothing to choose from."""
    assert 0 == least_taken([0, 1], [None, 1])


def test_where_the_system_does_not_tell_there_is_none() -> None:
    """And the process runs wherever the system lets it."""
    assert None is least_taken([], [])


def test_servers_begin_with_different_processors() -> None:
    """Else all labs of one machine would crowd on its first."""
    own = sorted(os.sched_getaffinity(0))
    assert own[1:] + own[:1] == usable(1)
    assert own == usable(len(own))


def test_a_system_without_such_a_choice_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """As macOS."""
    monkeypatch.delattr(os, "sched_getaffinity")
    assert [] == usable(0)


def test_threads_that_begin_later_run_there_too() -> None:
    """The request threads are started after it."""
    own = os.sched_getaffinity(0)
    seen: list[set[int]] = []

    def begin() -> None:
        keep_to(min(own))
        child = threading.Thread(target=lambda: seen.append(os.sched_getaffinity(0)))
        child.start()
        child.join()

    # On a thread of its own: the setting is that thread's, and the test run keeps its processors.
    parent = threading.Thread(target=begin)
    parent.start()
    parent.join()
    assert ([{min(own)}], own) == (seen, os.sched_getaffinity(0))


def test_without_one_a_process_stays_where_it_is() -> None:
    """Nothing is asked of the system."""
    before = os.sched_getaffinity(0)
    keep_to(None)
    assert before == os.sched_getaffinity(0)
