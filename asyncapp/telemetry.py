"""OpenTelemetry itself: its spans, its sampler, its queue of what is to be sent. Imported only where tracing is on."""

import logging
import os
import random
import socket
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, get_current_span, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from core import otlp
from core.settings import LIMITS, VERSION, Settings
from core.spans import Attributes, Result
from core.traces import Headers, carried

log = logging.getLogger(__name__)

PROPAGATOR = TraceContextTextMapPropagator()
NEW = Context()
"""No trace yet: a span in it begins one."""
FINE = 200


class Telemetry:
    """Makes the spans of one process and sends them to the collector, from a thread of its own."""

    def __init__(self, service: str, settings: Settings, trusted: bool) -> None:
        """``trusted``: whether others have decided before us that a trace is recorded, as the APIs have for a worker.

        A client may not, or each could have all its requests recorded: it may say no, but a yes is left to the share.
        """
        self.database = settings.db_name
        self._share = settings.otel_traces_sampler_arg
        share = TraceIdRatioBased(self._share)
        sampler = ALWAYS_ON if trusted else ParentBased(share, remote_parent_sampled=share)
        host = settings.host_name or socket.gethostname()
        about = {"service.name": service, "service.namespace": "tasklab", "service.version": VERSION}
        resource = Resource.create({**about, "host.name": host, "process.pid": os.getpid()})
        provider = TracerProvider(sampler, resource, shutdown_on_exit=False, id_generator=Chosen(self._share))
        self._processor = BatchSpanProcessor(
            Exporter(settings.otel_exporter_otlp_endpoint, resource),
            max_queue_size=LIMITS.spans_waiting,
            max_export_batch_size=LIMITS.spans_together,
            schedule_delay_millis=LIMITS.spans_every * 1000,
        )
        provider.add_span_processor(self._processor)
        self._tracer = provider.get_tracer(otlp.SCOPE["name"], VERSION)

    def chosen(self, headers: Headers) -> Context | None:
        """The trace that the headers of a request name, or a new one for the share of the others; None for the rest.

        Most requests are of the rest, so that is decided before anything is made for them.
        """
        context = self.named(headers)
        if context is NEW or not get_current_span(context).get_span_context().is_valid:
            return NEW if random.random() < self._share else None
        return context

    def named(self, headers: Headers) -> Context:
        """The trace that the headers name."""
        carrier = carried(headers)
        return PROPAGATOR.extract(carrier, NEW) if carrier else NEW

    def begun(self, name: str, kind: str, context: Context, began: int | None = None) -> Span:
        """A span in that trace; it may turn out not to be recorded. ``began``: nanoseconds since 1970, or now."""
        return self._tracer.start_span(name, context, SpanKind[kind], start_time=began)

    def child(self, parent: Span, name: str, kind: str, attributes: Attributes, began: int) -> Span:
        """A span that another one has caused."""
        return self._tracer.start_span(name, set_span_in_context(parent), SpanKind[kind], attributes, start_time=began)

    def headers(self, span: Span) -> Mapping[str, str]:
        """What a message carries, so that a worker goes on in the same trace."""
        carrier: dict[str, str] = {}
        PROPAGATOR.inject(carrier, set_span_in_context(span))
        return carrier

    def end(self, span: Span, result: Result) -> None:
        """The span is over."""
        if result.attributes:
            span.set_attributes(result.attributes)
        if result.error:
            span.set_status(Status(StatusCode.ERROR, result.error))
        span.end()

    def close(self) -> None:
        """Send what waits, for as long as there is time for it."""
        # The library's own wait is half a minute. It goes on in a thread that ends with the process.
        closing = Thread(target=self._processor.shutdown, name="spans", daemon=True)
        closing.start()
        closing.join(LIMITS.spans_end)


class Chosen(RandomIdGenerator):
    """Ids of traces that this share records: which requests are in it is decided before they have one.

    OpenTelemetry's samplers go by the id, and another service with the same share comes to the same decision.
    """

    def __init__(self, share: float) -> None:
        self._bound = max(1, TraceIdRatioBased.get_bound_for_rate(share))

    def generate_trace_id(self) -> int:
        """At random, with the last 64 bits below what the share's sampler compares them with."""
        return random.getrandbits(64) << 64 | random.randrange(self._bound)


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
            self._post(otlp.request(self._resource, [_document(span) for span in spans]))
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
