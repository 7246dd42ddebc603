"""Traces of both twins, with the real library and a collector that is not there."""

import logging
import subprocess
import sys
from collections.abc import Iterator, Sequence
from http.client import HTTPException
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased

from cli.config import ROOT
from core.delivery import Again, Dead, Delivery, Done
from core.errors import BrokerUnavailable, PublishUnconfirmed, StoreUnavailable
from core.settings import Settings
from core.traces import HEADER
from tests.unit.samples import a_delivery, a_message, a_task, some_ids
from tests.unit.services.fakes import FakeMongo
from tests.unit.services.test_api import JSON, Service, document
from tests.unit.services.twins import Twin

TRACE, CLIENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACED = {HEADER: f"00-{TRACE}-{CLIENT}-01"}
SILENT = {HEADER: f"00-{TRACE}-{CLIENT}-00"}


class Kept(SpanExporter):
    """Keeps what it gets."""

    def __init__(self, *_: Any) -> None:
        self.spans: list[ReadableSpan] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Into the list."""
        self.spans += spans
        return SpanExportResult.SUCCESS


class Tracing:
    """A twin's traces."""

    def __init__(self, twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
        self.module = twin.module("tracing")
        self._twin = twin
        self._kept = Kept()
        self._monkeypatch = monkeypatch
        monkeypatch.setattr(self.module, "_telemetry", None)
        monkeypatch.setattr(twin.module("telemetry"), "Exporter", lambda *_: self._kept)

    def begin(self, share: float = 1.0) -> None:
        """Trace from now on."""
        settings = Settings(otel_exporter_otlp_endpoint="http://nobody", otel_traces_sampler_arg=share)
        self.module.begin("service", settings)

    def spans(self) -> list[ReadableSpan]:
        """All that have ended, in the order in which they began; nothing is traced afterwards."""
        self.module.close()
        return sorted(self._kept.spans, key=lambda span: span.start_time or 0)

    def names(self) -> list[str]:
        """Theirs."""
        return [span.name for span in self.spans()]


@pytest.fixture
def tracing(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tracing]:
    """The twin's traces, off until a test begins them."""
    handlers = {handler: handler.filters[:] for handler in logging.getLogger().handlers}
    yield (made := Tracing(twin, monkeypatch))
    made.module.close()
    for handler, before in handlers.items():
        handler.filters[:] = before


@pytest.fixture
def service(twin: Twin, settings: Settings) -> Service:
    """The twin's API."""
    return Service(twin, settings)


def ids(span: ReadableSpan) -> tuple[str, str]:
    """Its own and its parent's."""
    return f"{span.context.span_id:016x}", f"{span.parent.span_id:016x}" if span.parent else ""


def a_batch(*headers: dict[str, Any]) -> list[Delivery]:
    """Deliveries with these headers."""
    made = zip(some_ids(len(headers)), headers, strict=True)
    return [a_delivery(a_message(a_task(id=one), headers=given), tag=tag) for tag, (one, given) in enumerate(made, 1)]


# Off.


def test_without_a_collector_nothing_is_made_and_nothing_is_allocated(tracing: Tracing) -> None:
    """Each function gives back the same object, whoever asks."""
    module = tracing.module
    module.begin("service", Settings())
    assert module._telemetry is None
    assert None is module.arrived(SimpleNamespace(), {}, "r1")
    assert module.sending(a_task(), "work") is module.sending(a_task(), "other")
    assert module.storing("get") is module.storing("insert", [{}])
    assert module.processing(a_batch(TRACED)) is module.processing([])
    outcomes: list[Any] = [None]
    assert outcomes is module.forwarded([a_message()], outcomes, 0)


@pytest.mark.parametrize("package", ["app", "asyncapp"])
def test_without_a_collector_the_library_is_not_even_loaded(package: str) -> None:
    """It takes time and memory."""
    code = f"import sys, {package}.app, {package}.worker; sys.exit('opentelemetry' in sys.modules)"
    assert 0 == subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60, check=False).returncode


def test_a_message_carries_a_trace_only_if_it_has_one(tracing: Tracing, service: Service) -> None:
    """Off, and not recorded."""
    service.send(**TRACED)
    tracing.begin()
    service.send(**SILENT)
    assert [{"attempt": 1}] * 2 == [message.headers for message in service.publisher.published]
    assert [] == tracing.spans()


# A request.


def test_a_request_and_its_publish_are_spans_and_the_message_carries_the_second(
    tracing: Tracing, service: Service
) -> None:
    """So that the worker's are caused by it."""
    tracing.begin()
    service.send(**TRACED)
    request, sent = tracing.spans()
    assert (CLIENT, ids(request)[0]) == (ids(request)[1], ids(sent)[1])
    assert f"00-{TRACE}-{ids(sent)[0]}-01" == service.publisher.published[0].headers[HEADER]
    assert ("POST /tasks", "send work") == (request.name, sent.name)


def test_what_the_client_adds_to_its_trace_goes_on_with_it(tracing: Tracing, service: Service) -> None:
    """``tracestate``, up to what W3C allows."""
    tracing.begin()
    service.send(**TRACED, tracestate="school=7")
    assert "school=7" == service.publisher.published[0].headers["tracestate"]


FAILURES = [(BrokerUnavailable("gone"), "BrokerUnavailable"), (PublishUnconfirmed("?"), "PublishUnconfirmed")]


@pytest.mark.parametrize(("error", "kind"), FAILURES)
def test_a_publish_that_fails_is_an_error_in_the_trace(
    tracing: Tracing, service: Service, error: Exception, kind: str
) -> None:
    """And so is the answer."""
    tracing.begin()
    service.publisher.errors.append(error)
    assert 503 == service.send().status
    request, sent = tracing.spans()
    assert (kind, "503") == ((sent.attributes or {})["error.type"], (request.attributes or {})["error.type"])


def test_what_is_asked_all_the_time_is_not_traced(tracing: Tracing, service: Service) -> None:
    """Nor does it take the trace of the request before it."""
    tracing.begin()
    for path in ("/healthz", "/readyz", "/metrics"):
        service.get(path, **TRACED)
    assert [] == tracing.spans()


def test_a_request_whose_view_breaks_is_an_error_in_the_trace(tracing: Tracing, service: Service) -> None:
    """500, as the client is told."""
    tracing.begin()
    service.store.error = RuntimeError("nobody foresaw this")
    assert 500 == service.get("/tasks").status
    assert "500" == tracing.spans()[0].status.description


def test_a_request_that_is_left_without_an_answer_says_so(tracing: Tracing) -> None:
    """Quart cancels a handler whose client has gone."""
    tracing.begin()
    request = SimpleNamespace(method="POST", path="/tasks", url_rule=None)
    tracing.module.left(tracing.module.arrived(request, {}, "r1"))
    assert "abandoned" == tracing.spans()[0].status.description


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_the_share_is_decided_by_the_traces_id_as_the_library_does(
    tracing: Tracing, service: Service, share: float
) -> None:
    """A client that wants to be traced does not get more than its share."""
    tracing.begin(share)
    asked = [f"{number * 0x9E3779B97F4A7C15F39CC0605CEDC834 % (1 << 128) or 1:032x}" for number in range(1, 60)]
    for trace in asked:
        service.get("/nowhere", **{HEADER: f"00-{trace}-{CLIENT}-01"})
    sampler = TraceIdRatioBased(share)
    wanted = [one for one in asked if sampler.should_sample(None, int(one, 16), "").decision.is_sampled()]
    assert wanted == [f"{span.context.trace_id:032x}" for span in tracing.spans()]
    assert (len(wanted) > 0) == (share > 0)


@pytest.mark.parametrize("named", [{}, {HEADER: "00-nonsense"}, {HEADER: f"00-{'0' * 32}-{CLIENT}-01"}])
def test_who_names_no_trace_gets_one_for_the_share(
    tracing: Tracing, service: Service, named: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an id that the library's own sampler records as well; a name that is none gains nothing."""
    thrown = iter([0.1, 0.3, 0.24, 0.9])
    monkeypatch.setattr("random.random", lambda: next(thrown))
    tracing.begin(0.25)
    for _ in range(4):
        service.get("/nowhere", **named)
    spans, sampler = tracing.spans(), TraceIdRatioBased(0.25)
    decided = [sampler.should_sample(None, one.context.trace_id, "").decision.is_sampled() for one in spans]
    assert ([True, True], [None, None]) == (decided, [one.parent for one in spans])


def test_a_line_of_the_log_names_the_trace_of_its_request(
    tracing: Tracing, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """And not that of the request before."""
    tracing.begin()
    with caplog.at_level(logging.INFO):
        service.send(**TRACED)
        service.request("POST", "/tasks", {**JSON, **TRACED}, data=b"{}")
        service.send(**SILENT)
    told = [(record.message, getattr(record, "trace_id", "")) for record in caplog.records]
    assert [("task accepted", TRACE), ("request refused", TRACE), ("task accepted", "")] == told


# What the store is asked.


class Mongo:
    """A store around a database that fails as it is told."""

    def __init__(self, twin: Twin, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
        self.twin, self.mongo = twin, FakeMongo()
        module = twin.module("store")
        connect = lambda uri, **options: twin.awaited(self.mongo.connect(uri, **options))  # noqa: E731
        monkeypatch.setattr(module, twin.choose("MongoClient", "AsyncIOMotorClient"), connect)
        self.store = module.Store(settings)


def test_reading_is_a_span_of_the_request_until_it_waits(tracing: Tracing, service: Service, twin: Twin) -> None:
    """Each look of a long wait would bury the trace."""
    tracing.begin()
    twin.limits("api", poll=0.001)
    module, seen = tracing.module, []
    service.store._ask = lambda _: seen.append(module.storing("get") is not module.NO_SPAN)  # type: ignore[method-assign]
    service.get(f"/tasks/{some_ids(1)[0]}", Prefer="wait=1")
    assert (True, False) == (seen[0], any(seen[1:]))
    assert len(seen) > 2


def test_every_task_that_is_written_has_a_span_of_the_write(
    tracing: Tracing, twin: Twin, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """Of one write for all; with an error where the database refused its own document."""
    tracing.begin()
    store = Mongo(twin, monkeypatch, settings)
    batch = a_batch(TRACED, {}, TRACED)
    documents = [document(id=one.message.message_id) for one in batch]
    store.mongo.refused[documents[2]["_id"]] = {"code": 121, "errmsg": "no"}
    with tracing.module.processing(batch) as judge:
        judge(twin.run(lambda: store.store.insert(documents)))
    written = [span for span in tracing.spans() if span.name == "insert tasks"]
    assert ["", "BulkWriteError"] == [(span.attributes or {}).get("error.type", "") for span in written]
    assert [3, 3] == [(span.attributes or {})["db.operation.batch.size"] for span in written]


# A batch.


def test_each_traced_delivery_of_a_batch_is_a_span_with_its_verdict(tracing: Tracing) -> None:
    """Those that say nothing, or that they are not recorded, are none."""
    tracing.begin(share=0)
    with tracing.module.processing(a_batch(TRACED, {}, SILENT, TRACED, {HEADER: "?"}, TRACED)) as judge:
        judge([Done(), Done(), Done(), Dead("poison"), Done(), Again("later")])
    verdicts = [(span.attributes or {})["tasklab.verdict"] for span in tracing.spans()]
    assert ["done", "dead", "again"] == verdicts


def test_a_delivery_that_was_not_judged_yet_is_no_span_yet(tracing: Tracing) -> None:
    """It comes again, in the next batch."""
    tracing.begin()
    with tracing.module.processing(a_batch(TRACED, TRACED)) as judge:
        judge([Done()])
    assert [1] == [(span.attributes or {})["messaging.rabbitmq.message.delivery_tag"] for span in tracing.spans()]


def test_a_batch_that_could_not_be_judged_is_an_error_of_each(tracing: Tracing) -> None:
    """The error goes on to the consumer."""
    tracing.begin()
    with pytest.raises(StoreUnavailable), tracing.module.processing(a_batch(TRACED, TRACED)):
        raise StoreUnavailable("gone")
    assert ["gone", "gone"] == [span.status.description for span in tracing.spans()]


def test_what_moves_on_is_a_span_beside_the_delivery(tracing: Tracing) -> None:
    """Confirmed, or not."""
    tracing.begin()
    messages = [
        a_message(queue="dead", headers=TRACED),
        a_message(headers={}),
        a_message(queue="retry", headers=TRACED),
    ]
    outcomes = [None, None, BrokerUnavailable("gone")]
    assert outcomes == tracing.module.forwarded(messages, outcomes, 1)
    told = [(span.name, ids(span)[1], span.status.description) for span in tracing.spans()]
    assert [("send dead", CLIENT, None), ("send retry", CLIENT, "gone")] == told


# The collector.


class Connection:
    """A collector that answers, or does not, as ``answers`` says."""

    answers: list[Any]
    asked: list[Any]

    def __init__(self, host: str, timeout: float) -> None:
        self.host, self.timeout = host, timeout

    def request(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
        """Write it down."""
        self.asked.append((self.host, method, path, headers["Content-Type"]))

    def getresponse(self) -> Any:
        """The next answer."""
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(status=answer)

    def close(self) -> None:
        """Nothing to do."""


@pytest.mark.parametrize(("scheme", "kind"), [("http", "HTTPConnection"), ("https", "HTTPSConnection")])
def test_spans_are_sent_to_the_collectors_own_path(
    twin: Twin, monkeypatch: pytest.MonkeyPatch, scheme: str, kind: str
) -> None:
    """Below the one that is given."""
    module = twin.module("exporter")
    monkeypatch.setattr(Connection, "answers", [200], raising=False)
    monkeypatch.setattr(Connection, "asked", [], raising=False)
    monkeypatch.setattr(module, kind, Connection)
    exporter = module.Exporter(f"{scheme}://school:4318/otlp/", SimpleNamespace(attributes={}))
    assert SpanExportResult.SUCCESS is exporter.export([])
    assert [("school:4318", "POST", "/otlp/v1/traces", "application/json")] == Connection.asked


def test_a_collector_that_fails_is_told_of_once_until_it_takes_spans_again(
    twin: Twin, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """However it fails."""
    module = twin.module("exporter")
    failures = [ConnectionRefusedError("no"), TimeoutError("slow"), 503, 404, HTTPException("odd")]
    monkeypatch.setattr(Connection, "answers", [*failures, 200, 200, OSError("again")], raising=False)
    monkeypatch.setattr(Connection, "asked", [], raising=False)
    monkeypatch.setattr(module, "HTTPConnection", Connection)
    exporter = module.Exporter("http://school", SimpleNamespace(attributes={}))
    with caplog.at_level(logging.INFO):
        results = [exporter.export([]) is SpanExportResult.SUCCESS for _ in range(8)]
    assert [*[False] * 5, True, True, False] == results
    assert ["WARNING", "INFO", "WARNING"] == [record.levelname for record in caplog.records]


def test_the_end_waits_for_the_collector_only_so_long(
    twin: Twin, tracing: Tracing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library alone would wait for half a minute."""
    released = Event()
    monkeypatch.setattr(Kept, "export", lambda *_: released.wait(20) and SpanExportResult.SUCCESS)
    twin.limits("telemetry", spans_end=0.05)
    tracing.begin()
    request = SimpleNamespace(method="GET", path="/", url_rule=None)
    tracing.module.left(tracing.module.arrived(request, {}, "r"))
    tracing.module.close()
    assert not released.is_set()
    released.set()
