"""What is noted of many requests is written down together, and comes to the same as each by itself."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client import REGISTRY, Counter, Gauge, Histogram

from core.errors import PublishRefused
from tests.support.waiting import wait_until
from tests.unit.services.twins import Twin

WITHIN = 5.0
THREADS, EACH = 8, 2_000


@pytest.fixture
def counter() -> Iterator[Counter]:
    """One of the test's own."""
    made = Counter("some_total", "Some.")
    yield made
    REGISTRY.unregister(made)


def value(name: str) -> float:
    """What is written down."""
    return REGISTRY.get_sample_value(name) or 0.0


def test_what_is_noted_is_written_down_soon(twin: Twin, counter: Counter) -> None:
    """Also where nothing follows and nobody asks."""
    twin.module("metrics").note(counter, 3)
    wait_until(lambda: value("some_total") == 3, WITHIN, "it is written down")


def test_who_asks_is_told_all_of_it(twin: Twin, counter: Counter) -> None:
    """Without waiting."""
    twin.module("metrics").note(counter, 1)
    assert b"some_total 1.0" in twin.module("metrics").exposition()


def test_what_many_threads_note_is_counted_once(twin: Twin, counter: Counter) -> None:
    """While it is written down and asked for all the time."""
    metrics = twin.module("metrics")

    def note() -> None:
        for _ in range(EACH):
            metrics.note(counter, 1)

    with ThreadPoolExecutor(THREADS) as pool:
        for _ in range(THREADS):
            pool.submit(note)
            pool.submit(metrics.exposition)
    assert f"some_total {THREADS * EACH}.0".encode() in metrics.exposition()


def test_a_gauge_goes_up_and_down_and_a_histogram_has_each_value(twin: Twin) -> None:
    """As they would one by one."""
    metrics = twin.module("metrics")
    gauge, histogram = Gauge("some_gauge", "Some."), Histogram("some_seconds", "Some.", buckets=(1, 2))
    for step in (1, 1, -1):
        metrics.note(gauge, step)
    for seconds in (0.5, 1.5, 2.5):
        metrics.note(histogram, seconds)
    metrics.flush()
    told = [value(name) for name in ("some_gauge", "some_seconds_count", "some_seconds_sum")]
    for one in (gauge, histogram):
        REGISTRY.unregister(one)
    assert [1.0, 3.0, 4.5] == told


def test_a_child_counts_only_its_own(twin: Twin, counter: Counter) -> None:
    """A process that was forked has not done what its parent did."""
    metrics = twin.module("metrics")
    metrics.note(counter, 5)
    child = os.fork()
    if child == 0:
        metrics.note(counter, 1)
        metrics.flush()
        os._exit(int(value("some_total")))
    _, status = os.waitpid(child, 0)
    metrics.flush()
    assert (1, 5.0) == (os.waitstatus_to_exitcode(status), value("some_total"))


def published(outcome: str) -> float:
    """How many ended like that."""
    return REGISTRY.get_sample_value("tasklab_publishes_total", {"outcome": outcome}) or 0.0


@pytest.mark.parametrize(
    ("error", "outcome"), [(PublishRefused("full"), "PublishRefused"), (KeyboardInterrupt(), "abandoned")]
)
def test_a_publish_that_fails_is_counted_by_how_it_ended(twin: Twin, error: BaseException, outcome: str) -> None:
    """It has no time to the broker's confirm; and what it raised goes on."""
    metrics = twin.module("metrics")
    before = published(outcome), value("tasklab_publish_confirm_seconds_count")
    with pytest.raises(type(error)), metrics.Publishing():
        raise error
    metrics.flush()
    assert (before[0] + 1, before[1]) == (published(outcome), value("tasklab_publish_confirm_seconds_count"))


def test_what_is_confirmed_is_counted_at_once_and_measured_by_who_has_waited(twin: Twin) -> None:
    """Nothing need be written down first."""
    metrics = twin.module("metrics")
    before = published("confirmed"), value("tasklab_publish_confirm_seconds_count")
    metrics.confirmed(3)
    assert before[0] + 3 == published("confirmed")
    with metrics.Publishing():
        pass
    metrics.flush()
    assert before[1] + 1 == value("tasklab_publish_confirm_seconds_count")


def test_a_thread_that_nobody_needs_does_not_run(twin: Twin) -> None:
    """A process that counts nothing has no thread for it; one that does has one, and closing ends it."""
    taken: list[list[int]] = []
    gathering = twin.module("gathering").Gathering("a test's", lambda: taken.append(gathering.take()))

    def running() -> list[str]:
        return [thread.name for thread in threading.enumerate() if thread.name == "a test's"]

    assert [] == running()
    gathering.add(1)
    gathering.add(2)
    wait_until(lambda: taken == [[1, 2]], WITHIN, "it is handed on")
    assert ["a test's"] == running()
    gathering.close()
    wait_until(lambda: not running(), WITHIN, "the thread has ended")


def test_a_failure_costs_no_more_than_that_moment(twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    """It is told, and what comes next is handed on."""
    taken: list[str] = []

    def hand_on() -> None:
        taken.extend(gathering.take())
        if taken == ["bad"]:
            raise ValueError("this one")

    gathering = twin.module("gathering").Gathering("a test's", hand_on)
    gathering.add("bad")
    wait_until(lambda: "not handed on" in caplog.messages, WITHIN, "it is told")
    gathering.add("good")
    wait_until(lambda: taken == ["bad", "good"], WITHIN, "the next is handed on")
    gathering.close()
