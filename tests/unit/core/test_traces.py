"""Headers of W3C Trace Context, before a library reads them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.delivery import listed
from core.message import dead_letter, encode, named, retry
from core.traces import MOST_LETTERS, carried, trace_id
from tests.unit.samples import ACCEPTED, ID, a_delivery, a_message, a_task

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
RECORDED = f"00-{TRACE}-{SPAN}-01"
NOT_RECORDED = [
    f"00-{TRACE}-{SPAN}-00",
    f"00-{TRACE}-{SPAN}-02",
    f"00-{'0' * 32}-{SPAN}-01",
    f"00-{TRACE}-{'0' * 16}-01",
    f"00-{TRACE.upper()}-{SPAN}-01",
    f"{RECORDED}\n",
    f" {RECORDED}",
    f"{RECORDED}-more",
    "",
    "01",
    7,
    None,
    b"00",
    [RECORDED],
]


@pytest.mark.parametrize("flags", ["01", "03", "ff", "0b"])
def test_a_message_in_a_recorded_trace_is_known_by_its_id(flags: str) -> None:
    """Whatever else the flags say."""
    assert TRACE == trace_id({"traceparent": f"00-{TRACE}-{SPAN}-{flags}"})


@pytest.mark.parametrize("value", NOT_RECORDED)
def test_anything_else_is_no_recorded_trace(value: Any) -> None:
    """And no error."""
    assert "" == trace_id({"traceparent": value})
    assert "" == trace_id({})


@given(st.dictionaries(st.sampled_from(["Traceparent", "Tracestate", "Other"]), st.text()))
def test_what_is_carried_on_are_the_two_headers_as_they_came(headers: dict[str, str]) -> None:
    """Each under the name that a library looks for."""
    found = carried(headers)
    assert set(found) <= {"traceparent", "tracestate"}
    assert all(value == headers[name.title()] for name, value in found.items())


def test_a_header_that_is_too_long_counts_as_none() -> None:
    """Nobody's memory is filled by it."""
    given_headers = {"Traceparent": RECORDED, "Tracestate": "a" * (MOST_LETTERS + 1)}
    assert {"traceparent": RECORDED} == carried(given_headers)


def test_a_trace_travels_with_the_message_through_every_attempt_and_into_the_dead_letters() -> None:
    """One task, one trace."""
    sent = encode(a_task(), "work", {"traceparent": RECORDED})
    for following in (
        sent,
        retry(sent, "work.retry.1000", 2, 900, "why"),
        dead_letter(sent, "dead", "why", 1, ACCEPTED),
    ):
        assert RECORDED == following.headers["traceparent"]


def test_a_line_of_the_log_names_the_trace_of_what_is_traced() -> None:
    """A message, the properties of one, and a batch."""
    traced = a_message(headers={"attempt": 1, "traceparent": RECORDED})
    assert {"task_id": ID, "trace_id": TRACE} == named(traced)
    assert {"task_id": ID} == named(a_message())
    assert {"task_id": ID} == named(a_message(headers=None))
    assert {"task_ids": [ID, ID], "request_ids": ["r1", "r1"], "trace_ids": [TRACE]} == listed(
        [a_delivery(traced), a_delivery()]
    )
    assert {"task_ids": [ID], "request_ids": ["r1"]} == listed([a_delivery()])
