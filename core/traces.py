"""The trace that a request or a message belongs to: headers of W3C Trace Context, before a library reads them.

Most messages are not traced, and a worker must see that without any library's help: it takes hundreds at once.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from core.request import Headers

HEADER = "traceparent"
STATE = "tracestate"
FIELDS = (HEADER, STATE)
MOST_LETTERS = 512
"""A header with more characters counts as none."""

# Version, trace, span, flags. Ids of zeros are forbidden; the last bit of the flags says that the trace is recorded.
_RECORDED = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f][13579bdf]")


class Parent(NamedTuple):
    """What a span belongs to: its trace, and there the span that has caused it."""

    trace_id: int
    span_id: int = 0
    """0: none, the trace begins with it."""
    state: str = ""
    """What others have added to the trace, for ``tracestate``."""


def carried(headers: Headers) -> dict[str, str]:
    """What the headers of a request tell of a trace."""
    if not headers.get(HEADER.title(), ""):
        return {}  # As with most of them.
    found = {name: headers.get(name.title(), "") for name in FIELDS}
    return {name: value for name, value in found.items() if 0 < len(value) <= MOST_LETTERS}


def trace_id(headers: Mapping[str, Any]) -> str:
    """The id of the trace that a message is recorded in; empty where it is in none, which is never an error."""
    match = _recorded(headers)
    return match[1] if match else ""


def parent_of(headers: Mapping[str, Any]) -> Parent | None:
    """The span that a message goes on from; None where it is in no trace that is recorded."""
    match = _recorded(headers)
    return Parent(int(match[1], 16), int(match[2], 16)) if match else None


def context_headers(parent: Parent) -> dict[str, str]:
    """The headers by which who reads them goes on from that span; it is recorded."""
    found = {HEADER: f"00-{parent.trace_id:032x}-{parent.span_id:016x}-01"}
    return {**found, STATE: parent.state} if parent.state else found


def _recorded(headers: Mapping[str, Any]) -> re.Match[str] | None:
    value = headers.get(HEADER)
    return _RECORDED.fullmatch(value) if isinstance(value, str) else None
