"""Traces: one for each task, from its request through the broker to the store. docs/decisions/0010-traces.md says more.

They are off unless the settings name a collector. Each function here looks at that first, and then does nothing.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from core import spans
from core.delivery import Delivery, Verdict
from core.enrich import Document
from core.errors import LabError
from core.message import Message
from core.request import Headers
from core.settings import Settings
from core.task import Task
from core.traces import parent_of

if TYPE_CHECKING:
    from app.telemetry import Telemetry

Span = Any
Judge = Callable[[Sequence[Verdict]], None]

REQUEST = "request"
NO_SPAN: AbstractContextManager[None] = nullcontext()
NO_HEADERS: AbstractContextManager[Mapping[str, str]] = nullcontext({})
NO_JUDGE: AbstractContextManager[Judge] = nullcontext(lambda _: None)

_telemetry: "Telemetry | None" = None
"""None: tracing is off."""
_causes: ContextVar[Mapping[str, Span]] = ContextVar("causes", default={})  # noqa: B039 (nobody writes into it)
"""The spans that cause what is done here: that of the request, or those of the tasks that are stored, by their ids."""
_trace_id: ContextVar[str] = ContextVar("trace_id", default="")
"""For the log of a request."""


def begin(service: str, settings: Settings) -> None:
    """Trace from now on, if a collector is named; once a process, after it has forked and its log is set up."""
    global _telemetry
    if settings.otel_exporter_otlp_endpoint:
        from app.telemetry import Telemetry  # Nothing of it is loaded where nobody wants it.

        _telemetry = Telemetry(service, settings)
        for handler in logging.getLogger().handlers:
            handler.addFilter(_name_trace)


def close() -> None:
    """Send what has not been sent yet; bounded in time."""
    if _telemetry is not None:
        _telemetry.close()


def arrived(request: Any, headers: Headers, request_id: str) -> Span:
    """The span of the framework's request, which has these headers; None where it is not traced."""
    if _telemetry is None:
        return None
    parent = _telemetry.chosen(headers)
    if parent is None or request.path in spans.UNTRACED:
        return None
    route = request.url_rule.rule if request.url_rule else ""
    told = spans.request(request.method, request.path, route, request_id)
    span = _telemetry.begun(spans.request_name(request.method, route), "SERVER", parent, told)
    _causes.set({REQUEST: span})
    _trace_id.set(f"{span.context.trace_id:032x}")
    return span


def answered(span: Span, status: int) -> None:
    """The request has its answer."""
    if _telemetry is not None and span is not None:
        _telemetry.end(span, spans.answered(status))


def left(span: Span) -> None:
    """The request is over, answered or not."""
    if _telemetry is not None and span is not None:
        _causes.set({})
        _trace_id.set("")
        _telemetry.end(span, spans.answered(0))


def waits() -> None:
    """The request asks the store again and again from now on: a span each time would bury the trace."""
    if _telemetry is not None:
        _causes.set({})


def sending(task: Task, queue: str) -> AbstractContextManager[Mapping[str, str]]:
    """Publish in this block: a span until the broker's confirm, and the headers by which a worker goes on from it."""
    telemetry = _telemetry
    cause = None if telemetry is None else _causes.get().get(REQUEST)
    if telemetry is None or cause is None:
        return NO_HEADERS
    told = spans.of_message("send", queue, task.id, task.request_id)
    span = telemetry.begun(f"send {queue}", "PRODUCER", cause, told)
    return _Timed(telemetry.headers(span), lambda _, error: telemetry.end(span, spans.ended(error)))


def processing(batch: Sequence[Delivery]) -> AbstractContextManager[Judge]:
    """Handle a batch in this block: a span for each traced delivery. What is yielded wants to be told the verdicts."""
    telemetry = _telemetry
    if telemetry is None:
        return NO_JUDGE
    traced = {
        place: telemetry.begun(f"process {one.message.queue}", "CONSUMER", parent)
        for place, one in enumerate(batch)
        if (parent := parent_of(one.message.headers))
    }
    if not traced:
        return NO_JUDGE
    _causes.set({batch[place].message.message_id: span for place, span in traced.items()})
    verdicts: list[Verdict] = []

    def over(_: int, error: BaseException | None) -> None:
        _causes.set({})
        # A delivery that was not judged comes again. Its span is not ended, and so never sent.
        for place, span in traced.items():
            if error is not None or place < len(verdicts):
                result = spans.ended(error) if error else spans.judged(verdicts[place])
                telemetry.end(span, spans.handled(batch[place], len(batch), result))

    return _Timed(verdicts.extend, over)


def storing(operation: str, documents: Sequence[Document] = ()) -> AbstractContextManager[object]:
    """Ask the database in this block: a span for each task that is written, or for the request that reads."""
    telemetry = _telemetry
    causes = {} if telemetry is None else _causes.get()
    if telemetry is None or not causes:
        return NO_SPAN
    ids = [document["_id"] for document in documents] or [REQUEST]
    traced = {place: causes[one] for place, one in enumerate(ids) if one in causes}

    def over(began: int, error: BaseException | None) -> None:
        name, told = spans.operation_name(operation), spans.operation(operation, telemetry.database, len(ids))
        for place, cause in traced.items():
            telemetry.end(telemetry.begun(name, "CLIENT", cause, told, began), spans.ended(error, place))

    return _Timed(None, over)


def forwarded(messages: Sequence[Message], outcomes: list[LabError | None], began: int) -> list[LabError | None]:
    """The outcomes of publishing these messages, of which each that is traced gets a span; ``began``: nanoseconds."""
    if _telemetry is not None:
        for message, error in zip(messages, outcomes, strict=True):
            # A trace begins at an API: what others put into the queue is traced only if it says so.
            if parent := parent_of(message.headers):
                told = spans.of_message("send", message.queue, message.message_id, message.correlation_id)
                span = _telemetry.begun(f"send {message.queue}", "PRODUCER", parent, told, began)
                _telemetry.end(span, spans.ended(error))
    return outcomes


class _Timed:
    """Says when the block is over: when it began, in nanoseconds, and what it raised."""

    def __init__(self, given: Any, over: Callable[[int, BaseException | None], None]) -> None:
        """``given``: what the block gets; ``over``: who is told."""
        self._given, self._over = given, over

    def __enter__(self) -> Any:
        self._began = time.time_ns()
        return self._given

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self._over(self._began, error)


def _name_trace(record: logging.LogRecord) -> bool:
    """Every line of a request that is traced says so."""
    if found := _trace_id.get():
        record.__dict__["trace_id"] = found
    return True
