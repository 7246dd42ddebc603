"""Spans as a collector takes them: OTLP over HTTP, encoded as JSON (OpenTelemetry Protocol 1.x).

OpenTelemetry's own exporter, in protobuf, takes five times as long for a span: decision 10 has the figures.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from core.settings import VERSION

CONTENT_TYPE = "application/json"
PATH = "/v1/traces"
SCOPE = {"name": "tasklab", "version": VERSION}
ERROR = 2
KINDS = {"INTERNAL": 1, "SERVER": 2, "CLIENT": 3, "PRODUCER": 4, "CONSUMER": 5}

_encode = msgspec.json.Encoder().encode


def span(
    ids: tuple[int, int, int], name: str, kind: str, times: tuple[int, int], attributes: Mapping[str, Any], error: str
) -> dict[str, Any]:
    """One span. ``ids``: of the trace, of the span, of its parent or 0; ``times``: begun and ended, nanoseconds."""
    trace_id, span_id, parent_id = ids
    document = {
        "traceId": f"{trace_id:032x}",
        "spanId": f"{span_id:016x}",
        "name": name,
        "kind": KINDS[kind],
        "startTimeUnixNano": str(times[0]),
        "endTimeUnixNano": str(times[1]),
        "attributes": _pairs(attributes),
    }
    if parent_id:
        document["parentSpanId"] = f"{parent_id:016x}"
    if error:
        document["status"] = {"code": ERROR, "message": error}
    return document


def request(resource: Mapping[str, Any], spans: Iterable[Mapping[str, Any]]) -> bytes:
    """The body of a request that hands over spans of one process; ``resource`` says which."""
    # One by one, so that the dictionaries of one are gone before the next: some ten thousand would call the collector.
    scoped = {"scope": SCOPE, "spans": [msgspec.Raw(_encode(span)) for span in spans]}
    return _encode({"resourceSpans": [{"resource": {"attributes": _pairs(resource)}, "scopeSpans": [scoped]}]})


def _pairs(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in attributes.items()]


def _value(value: Any) -> dict[str, Any]:
    """Whole numbers are texts: JSON's own are too small for 64 bits."""
    if isinstance(value, bool):
        return {"boolValue": value}
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": str(value)}
