"""The trace that a request or a message belongs to: headers of W3C Trace Context, before a library reads them.

Most messages are not traced, and a worker must see that without any library's help: it takes hundreds at once.
"""

import re
from collections.abc import Mapping
from typing import Any, Protocol

HEADER = "traceparent"
FIELDS = (HEADER, "tracestate")
MOST_LETTERS = 512
"""A header with more characters counts as none."""

# Version, trace, span, flags. Ids of zeros are forbidden; the last bit of the flags says that the trace is recorded.
_RECORDED = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f][13579bdf]")


class Headers(Protocol):
    """The headers of a request or of a message."""

    def get(self, key: str, default: str, /) -> Any: ...


def carried(headers: Headers) -> dict[str, str]:
    """What of the headers tells of a trace; a stranger's message may hold anything there, which then counts as none."""
    if not headers.get(HEADER, ""):
        return {}  # As with most of them.
    found = {name: headers.get(name, "") for name in FIELDS}
    return {name: value for name, value in found.items() if isinstance(value, str) and 0 < len(value) <= MOST_LETTERS}


def trace_id(headers: Mapping[str, Any]) -> str:
    """The id of the trace that a message is recorded in; empty where it is in none, which is never an error."""
    value = headers.get(HEADER)
    match = _RECORDED.fullmatch(value) if isinstance(value, str) else None
    return match[1] if match else ""
