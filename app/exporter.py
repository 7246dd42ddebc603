"""Sending spans to a collector: the SDK's own point for an extension. docs/decisions/0010-traces.md says why ours."""

import logging
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from core import otlp
from core.settings import LIMITS

log = logging.getLogger(__name__)

FINE = 200


class Exporter(SpanExporter):
    """Sends spans to a collector. What it does not take in time is dropped: no task may wait for its trace."""

    def __init__(self, endpoint: str, resource: Resource) -> None:
        where = urlsplit(endpoint)
        self._connect = HTTPSConnection if where.scheme == "https" else HTTPConnection
        self._host = where.netloc
        self._path = where.path.rstrip("/") + otlp.PATH
        self._resource = dict(resource.attributes)
        self._is_taken = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Hand them over; a collector that does not take them is told of once, until it does again."""
        try:
            self._post(otlp.request(self._resource, map(_document, spans)))
        except (OSError, HTTPException) as error:
            self._tell(False, f"{type(error).__name__}: {error}")
            return SpanExportResult.FAILURE
        self._tell(True, "")
        return SpanExportResult.SUCCESS

    def _post(self, body: bytes) -> None:
        connection = self._connect(self._host, timeout=LIMITS.spans_timeout)
        try:
            connection.request("POST", self._path, body, {"Content-Type": otlp.CONTENT_TYPE})
            status = connection.getresponse().status
        finally:
            connection.close()
        if status != FINE:
            raise HTTPException(f"it answers {status}")

    def _tell(self, is_taken: bool, reason: str) -> None:
        if self._is_taken and not is_taken:
            log.warning("the collector does not take traces: dropping them", extra={"reason": reason})
        elif is_taken and not self._is_taken:
            log.info("the collector takes traces again")
        self._is_taken = is_taken


def _document(span: ReadableSpan) -> Mapping[str, Any]:
    """As OTLP has it; every span here has a context and both its times."""
    ids = (span.context.trace_id, span.context.span_id, span.parent.span_id if span.parent else 0)
    times = (span.start_time or 0, span.end_time or 0)
    return otlp.span(ids, span.name, span.kind.name, times, span.attributes or {}, span.status.description or "")
