"""Spans as JSON, read back with OpenTelemetry's own definitions."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import otlp
from tests.support.collector import decoded

RESOURCE = {"service.name": "flask", "process.pid": 7}
TIME = 1_763_719_200_000_000_000
VALUES = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(exclude_categories=["Cs"]))


def a_span(**changes: Any) -> dict[str, Any]:
    """A span of which nothing is special."""
    usual: dict[str, Any] = {
        "ids": (1 << 100, 2, 3),
        "name": "POST /tasks",
        "kind": "SERVER",
        "times": (TIME, TIME + 5),
        "attributes": {},
        "error": "",
    }
    return otlp.span(**{**usual, **changes})


def test_a_span_comes_out_as_it_went_in() -> None:
    """By way of protobuf's own reading of it."""
    (found,) = decoded(otlp.request(RESOURCE, [a_span(attributes={"a": "b", "n": 3, "yes": True}, error="503")]))
    assert ("flask", 7) == (found.service, found.process)
    assert (f"{1 << 100:032x}", f"{2:016x}", f"{3:016x}") == (found.trace_id, found.span_id, found.parent_id)
    assert ("POST /tasks", "SERVER", TIME, TIME + 5) == (found.name, found.kind, found.began, found.ended)
    assert ({"a": "b", "n": 3, "yes": True}, "503") == (found.attributes, found.error)


def test_the_first_span_of_a_trace_has_no_parent() -> None:
    """And one that went well no error."""
    (found,) = decoded(otlp.request(RESOURCE, [a_span(ids=(1, 2, 0))]))
    assert ("", "") == (found.parent_id, found.error)


@pytest.mark.parametrize("kind", list(otlp.KINDS))
def test_every_kind_has_the_number_of_the_protocol(kind: str) -> None:
    """The library counts otherwise."""
    assert kind == decoded(otlp.request(RESOURCE, [a_span(kind=kind)]))[0].kind


@given(
    st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), VALUES),
    st.text(st.characters(exclude_categories=["Cs"])),
)
def test_whatever_a_value_is_it_arrives(attributes: dict[str, Any], error: str) -> None:
    """Large numbers too, which JSON alone would round."""
    (found,) = decoded(otlp.request(RESOURCE, [a_span(attributes=attributes, error=error)]))
    assert (attributes, error) == (found.attributes, found.error)
