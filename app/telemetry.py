"""OpenTelemetry itself: its sampler, its spans, its queue of what is sent. Imported only where tracing is on."""

import os
import random
import socket
import time
from collections.abc import Mapping
from threading import Thread

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import Decision, TraceIdRatioBased
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from app.exporter import Exporter
from core import otlp
from core.request import Headers
from core.settings import LIMITS, VERSION, Settings
from core.spans import Attributes, Result
from core.traces import Parent, carried, context_headers

PROPAGATOR = TraceContextTextMapPropagator()
NOBODY = Context()
SAMPLED = TraceFlags(TraceFlags.SAMPLED)
SCOPE = InstrumentationScope(otlp.SCOPE["name"], VERSION)
UNSET = Status()
BITS = 64


class Span(ReadableSpan):
    """A span while it lasts, and what the library keeps of it when it is over; as with the library's, both are one."""

    state: str
    """What others have added to the trace."""

    def __init__(
        self,
        resource: Resource,
        name: str,
        kind: str,
        parent: "Parent | Span",
        attributes: Attributes,
        began: int | None,
    ) -> None:
        """``began``: nanoseconds since 1970, now by default."""
        if isinstance(parent, Span):
            trace_id, above = parent.context.trace_id, parent.context
        else:
            trace_id = parent.trace_id
            above = SpanContext(trace_id, parent.span_id, True, SAMPLED) if parent.span_id else None
        super().__init__(
            name,
            SpanContext(trace_id, random.getrandbits(BITS), False, SAMPLED),
            above,
            resource,
            attributes,
            kind=SpanKind[kind],
            status=UNSET,
            start_time=began or time.time_ns(),
            instrumentation_scope=SCOPE,
        )
        self.state = parent.state

    def end(self, result: Result) -> bool:
        """It is over now; whether it had not been before."""
        if self._end_time is not None:
            return False
        self._end_time = time.time_ns()
        self._attributes = {**(self._attributes or {}), **result.attributes}
        if result.error:
            self._status = Status(StatusCode.ERROR, result.error)
        return True


class Telemetry:
    """Notes the spans of one process, and hands them to OpenTelemetry, which sends them from a thread of its own.

    Begun and ended by the library itself, a span takes three times as long: docs/decisions/0010-traces.md says why.
    """

    def __init__(self, service: str, settings: Settings) -> None:
        self.database = settings.db_name
        self._share = settings.otel_traces_sampler_arg
        self._sampler = TraceIdRatioBased(self._share)
        host = settings.host_name or socket.gethostname()
        about = {"service.name": service, "service.namespace": "tasklab", "service.version": VERSION}
        self._resource = Resource.create({**about, "host.name": host, "process.pid": os.getpid()})
        self._processor = BatchSpanProcessor(
            Exporter(settings.otel_exporter_otlp_endpoint, self._resource),
            max_queue_size=LIMITS.spans_waiting,
            max_export_batch_size=LIMITS.spans_together,
            schedule_delay_millis=LIMITS.spans_every * 1000,
        )

    def chosen(self, headers: Headers) -> Parent | None:
        """What a request's span belongs to, if it is recorded: the trace that the headers name, else a new one.

        A client's yes is left to the share, or each could have all its requests recorded; its no is a no. Most requests
        are not recorded, and nothing is made for them.
        """
        carrier = carried(headers)
        named = get_current_span(PROPAGATOR.extract(carrier, NOBODY)).get_span_context() if carrier else None
        if named is None or not named.is_valid:
            return Parent(self._new_trace()) if random.random() < self._share else None
        if not named.trace_flags.sampled or not self._records(named.trace_id):
            return None
        return Parent(named.trace_id, named.span_id, named.trace_state.to_header())

    def begun(
        self,
        name: str,
        kind: str,
        parent: Parent | Span,
        attributes: Attributes | None = None,
        began: int | None = None,
    ) -> Span:
        """A span below that one; ``began``: nanoseconds since 1970, now by default."""
        return Span(self._resource, name, kind, parent, attributes or {}, began)

    def headers(self, span: Span) -> Mapping[str, str]:
        """What a message carries, so that a worker goes on in the same trace."""
        return context_headers(Parent(span.context.trace_id, span.context.span_id, span.state))

    def end(self, span: Span, result: Result) -> None:
        """The span is over; only the first time counts."""
        if span.end(result):
            self._processor.on_end(span)

    def close(self) -> None:
        """Send what waits, for as long as there is time for it."""
        # The library's own wait is half a minute. It goes on in a thread that ends with the process.
        closing = Thread(target=self._processor.shutdown, name="spans", daemon=True)
        closing.start()
        closing.join(LIMITS.spans_end)

    def _records(self, trace_id: int) -> bool:
        """Whether the share has it. The id decides, so that other services with the same share come to the same."""
        return self._sampler.should_sample(None, trace_id, "").decision is Decision.RECORD_AND_SAMPLE

    def _new_trace(self) -> int:
        """An id that the share has: which requests are in it is decided before they have one."""
        return random.getrandbits(BITS) << BITS | int(random.random() * self._sampler.bound)
