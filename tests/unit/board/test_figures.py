"""Rates and latencies out of counters."""

import pytest

from board.figures import grown, quantile, reading

API = """
# HELP tasklab_http_requests_total HTTP requests answered.
tasklab_http_requests_total{method="POST",route="/tasks",status="202"} 7.0
tasklab_http_requests_total{method="POST",route="/tasks",status="503"} 2.0
tasklab_http_requests_total{method="GET",route="/tasks",status="200"} 5.0
tasklab_http_request_duration_seconds_bucket{le="0.01",method="POST",route="/tasks"} 4.0
tasklab_http_request_duration_seconds_bucket{le="+Inf",method="POST",route="/tasks"} 9.0
tasklab_http_request_duration_seconds_bucket{le="0.01",method="GET",route="/tasks"} 5.0
"""
WORKER = """
process_start_time_seconds 1.79572902899e+09
tasklab_deliveries_total{verdict="done"} 12.0
tasklab_deliveries_total{verdict="again"} 1.0
tasklab_deliveries_total{verdict="dead"} 2.0
tasklab_dead_letters_total 2.0
"""


def test_an_api_has_accepted_what_it_answered_202() -> None:
    """And nothing else."""
    found = reading(API)
    assert (7.0, {0.01: 4.0, float("inf"): 9.0}) == (found.accepted, found.buckets)


def test_a_worker_has_stored_what_is_done() -> None:
    """All its deliveries are counted beside it."""
    found = reading(WORKER)
    assert (12.0, 15.0, 2.0, 1795729028.99) == (found.stored, found.deliveries, found.dead, found.started)


@pytest.mark.parametrize(("before", "now", "expected"), [(3.0, 5.0, 2.0), (5.0, 5.0, 0.0), (5.0, 2.0, 2.0)])
def test_a_counter_that_fell_was_started_anew(before: float, now: float, expected: float) -> None:
    """It has all that it shows since then."""
    assert expected == grown(before, now)


def test_a_quantile_lies_within_its_bucket() -> None:
    """By what came since the reading before."""
    now = {0.01: 10.0, 0.02: 20.0, float("inf"): 20.0}
    before = {0.01: 10.0, 0.02: 10.0, float("inf"): 10.0}
    assert pytest.approx(0.015) == quantile(0.5, before, now)


def test_what_lies_beyond_every_bucket_has_the_last_edge() -> None:
    """There is no better number."""
    assert 0.01 == quantile(0.95, {}, {0.01: 1.0, float("inf"): 10.0})


def test_without_an_answer_there_is_no_quantile() -> None:
    """None, and not nothing."""
    assert None is quantile(0.5, {0.01: 1.0, float("inf"): 1.0}, {0.01: 1.0, float("inf"): 1.0})
