"""The load generator's own words are read, and a run that failed is no measurement."""

import pytest

from bench import wrk
from cli.errors import Failed

TOLD = (
    "Running 1s test\n  noise\n"
    '{"requests":%d,"seconds":2.0,"failed":%d,"p50":1.5,"p95":2.5,"p99":3.5,"send":{"count":4}}\n'
)


def test_the_last_line_tells_everything() -> None:
    """What a script adds comes along."""
    load = wrk.read(TOLD % (1000, 0), "http://x/", cpu=0.25)
    assert (500.0, 1.5, 3.5, 0.25) == (load.rate, load.p50, load.p99, load.cpu)
    assert {"send": {"count": 4}} == load.more


def test_few_failures_are_counted() -> None:
    """A peer may refuse now and then."""
    assert 10 == wrk.read(TOLD % (1000, 10), "http://x/", cpu=0).failed


def test_a_run_in_which_much_failed_is_refused() -> None:
    """It would measure how quickly errors come."""
    with pytest.raises(Failed, match="200 of 1000"):
        wrk.read(TOLD % (1000, 200), "http://x/", cpu=0)


def test_a_generator_that_cannot_connect_says_so() -> None:
    """In its own words."""
    with pytest.raises(Failed, match="unable to connect"):
        wrk.read("unable to connect to x:1 Connection refused\n", "http://x/", cpu=0)
