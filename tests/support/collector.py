"""A collector that really receives: HTTP, and OTLP decoded by OpenTelemetry's own message definitions."""

import base64
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1 import trace_pb2

from cli.ports import LOOPBACK
from tests.support.waiting import wait_until

PATH = "/v1/traces"
OK = 200
POLL = 0.05
ARRIVES_WITHIN = 15.0
IDS = ("traceId", "spanId", "parentSpanId")


@dataclass(frozen=True)
class Span:
    """A span as it came."""

    service: str
    process: int
    trace_id: str
    span_id: str
    parent_id: str
    """Empty where the trace begins."""
    name: str
    kind: str
    began: int
    ended: int
    """Nanoseconds since 1970."""
    attributes: dict[str, Any]
    error: str
    """Empty where all went well."""


class Collector:
    """Listens while the block lasts, and keeps what it gets."""

    def __init__(self, port: int = 0) -> None:
        self._spans: list[Span] = []
        self._lock = Lock()
        self._goes_on = Event()
        self._goes_on.set()
        self.status = OK
        """What it answers."""
        self._server = _Server(port, self._receive)
        self.port = int(self._server.server_address[1])

    @property
    def endpoint(self) -> str:
        """What a service is told."""
        return f"http://{LOOPBACK}:{self.port}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(POLL,), name="collector", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._goes_on.set()
        self._server.shutdown()
        self._server.server_close()

    def freeze(self) -> None:
        """Take requests, and answer none until the end."""
        self._goes_on.clear()

    def spans(self, wanted: Callable[[Span], bool] = lambda _: True) -> list[Span]:
        """Those that have come so far, in the order in which they began."""
        with self._lock:
            return sorted(filter(wanted, self._spans), key=lambda span: span.began)

    def trace(self, trace_id: str, *names: str, within: float = ARRIVES_WITHIN) -> list[Span]:
        """The spans of a trace, once they have exactly these names; waits for them."""
        wanted = sorted(names)

        def look() -> list[Span]:
            found = self.spans(lambda span: span.trace_id == trace_id)
            return found if sorted(span.name for span in found) == wanted else []

        try:
            return wait_until(look, within, "the trace is complete")
        except AssertionError as error:
            found = [span.name for span in self.spans(lambda span: span.trace_id == trace_id)]
            raise AssertionError(f"the trace {trace_id} has {sorted(found)}, not {wanted}") from error

    def _receive(self, path: str, content_type: str, body: bytes) -> int:
        self._goes_on.wait()
        assert (PATH, "application/json") == (path, content_type)
        if self.status == OK:
            found = decoded(body)
            with self._lock:
                self._spans += found
        return self.status


def decoded(body: bytes) -> list[Span]:
    """The spans of a request in JSON; json_format.ParseError for anything that OTLP does not know."""
    document = json.loads(body)
    for one in _documents(document):
        # OTLP writes ids in hexadecimal, where JSON of protobuf has base64; the rest is the same.
        one |= {name: base64.b64encode(bytes.fromhex(one[name])).decode() for name in IDS if name in one}
    request = json_format.ParseDict(document, ExportTraceServiceRequest())
    return [
        _span({pair.key: _value(pair.value) for pair in sender.resource.attributes}, span)
        for sender in request.resource_spans
        for scope in sender.scope_spans
        for span in scope.spans
    ]


def _documents(document: Any) -> list[dict[str, Any]]:
    return [span for sender in document["resourceSpans"] for scope in sender["scopeSpans"] for span in scope["spans"]]


def _span(resource: dict[str, Any], span: trace_pb2.Span) -> Span:
    assert (16, 8) == (len(span.trace_id), len(span.span_id))
    is_error = span.status.code == trace_pb2.Status.STATUS_CODE_ERROR
    return Span(
        service=resource["service.name"],
        process=resource["process.pid"],
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        name=span.name,
        kind=trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        began=span.start_time_unix_nano,
        ended=span.end_time_unix_nano,
        attributes={pair.key: _value(pair.value) for pair in span.attributes},
        error=span.status.message if is_error else "",
    )


def _value(value: Any) -> Any:
    return getattr(value, value.WhichOneof("value"))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, port: int, receive: Callable[[str, str, bytes], int]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(receive(self.path, self.headers["Content-Type"], body))
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        super().__init__((LOOPBACK, port), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that has given up is no error here; what does not decode is."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


if __name__ == "__main__":
    with Collector(int(sys.argv[1])):
        Event().wait()
