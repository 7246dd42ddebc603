"""A task is one trace, whatever becomes of it: from its request through nginx, API, broker and worker to the store."""

import subprocess
import sys
from typing import Any

import httpx
import pytest

from core.documents import COLLECTION
from drills.processes import frozen
from tests.support.api import http_client, unique
from tests.support.collector import Collector, Span
from tests.support.stack import ROOT
from tests.support.waiting import wait_until
from tests.traces.traced import CLIENT, Traced, new_trace, traceparent

REQUEUED_WITHIN = 60
ARRIVES_WITHIN = 15.0
TOGETHER = 20


def names(queue: str) -> list[str]:
    """The spans of a task that goes straight through."""
    return ["POST /tasks", f"send {queue}", f"process {queue}", "insert tasks"]


def attempts(found: list[Span], queue: str) -> list[tuple[int, str]]:
    """What became of each attempt."""
    processed = [span.attributes for span in found if span.name == f"process {queue}"]
    return [(one["tasklab.attempt"], one["tasklab.verdict"]) for one in processed]


def of_request(collector: Collector, request_id: str) -> Span:
    """The span of a request; waits for it."""
    asked = {"tasklab.request_id": request_id}
    found = wait_until(
        lambda: collector.spans(lambda span: asked.items() <= span.attributes.items()),
        ARRIVES_WITHIN,
        "its span has come",
    )
    assert 1 == len(found)
    return found[0]


def test_a_task_goes_on_in_the_clients_trace(twin: Traced, collector: Collector) -> None:
    """Request, publish, delivery and write: each caused by the one before, each by the service that did it."""
    trace_id = new_trace()
    task_id = twin.api.send(headers=traceparent(trace_id))
    found = collector.trace(trace_id, *names(twin.queue))

    assert names(twin.queue) == [span.name for span in found]
    assert ["SERVER", "PRODUCER", "CONSUMER", "CLIENT"] == [span.kind for span in found]
    side = twin.side
    assert [side.api, side.api, side.worker, side.worker] == [span.service for span in found]
    assert [CLIENT, *(span.span_id for span in found[:-1])] == [span.parent_id for span in found]
    assert [""] * 4 == [span.error for span in found]
    assert all(span.began <= span.ended for span in found)
    assert found[0].attributes["http.response.status_code"] == 202
    assert task_id == found[1].attributes["messaging.message.id"] == found[2].attributes["messaging.message.id"]
    assert [(1, "done")] == attempts(found, twin.queue)


def test_a_task_without_a_trace_begins_one(twin: Traced, collector: Collector) -> None:
    """The request id, which nginx has given, leads to it."""
    answer = twin.api.post({"title": unique()})
    first = of_request(collector, answer.headers["x-request-id"])
    found = collector.trace(first.trace_id, *names(twin.queue))
    assert "" == found[0].parent_id
    stored = twin.api.stored(answer.json()["id"])
    assert stored["passport"]["request_id"] == found[2].attributes["messaging.message.conversation_id"]


ID = "4bf92f3577b34da6a3ce929d0e0e4736"
MALFORMED = [
    "",
    "?",
    "00",
    ID,
    f"00-{ID}-{CLIENT}",
    f"00-{ID}-{CLIENT}-1",
    f"00-{ID}-{CLIENT}-01-more",
    f"00-{ID.upper()}-{CLIENT}-01",
    f"00-{'0' * 32}-{CLIENT}-01",
    f"00-{ID}-{'0' * 16}-01",
    f"ff-{ID}-{CLIENT}-01",
    f"00-{ID}-{CLIENT}-zz",
    f"00-{ID[:-1]}-{CLIENT}-01",
    f"00-{ID}-{CLIENT}-01, 00-{ID}-{CLIENT}-01",
    f"00-{ID}-{CLIENT}-01{'-' * 4000}",
    "a" * 7000,
]


@pytest.fixture(scope="session")
def answers(twins: dict[str, Traced]) -> dict[tuple[str, str], httpx.Response]:
    """What each twin has answered to each of them; all are sent before the first is looked for."""
    return {
        (name, value): one.api.post({"title": unique()}, headers={"traceparent": value})
        for name, one in twins.items()
        for value in MALFORMED
    }


@pytest.mark.parametrize("value", MALFORMED, ids=lambda value: value[:60] or "empty")
def test_a_context_that_cannot_be_read_is_none(
    twin: Traced, collector: Collector, answers: dict[tuple[str, str], httpx.Response], value: str
) -> None:
    """The task is accepted all the same, in a trace of its own."""
    answer = answers[twin.side.name, value]
    assert 202 == answer.status_code, answer.text
    first = of_request(collector, answer.headers["x-request-id"])
    assert (True, "") == (first.trace_id != ID, first.parent_id)


def test_a_later_version_of_the_header_is_read_as_far_as_it_is_known(twin: Traced, collector: Collector) -> None:
    """W3C asks for that."""
    trace_id = new_trace()
    twin.api.send(headers={"traceparent": f"cc-{trace_id}-{CLIENT}-01-what-the-future-holds"})
    assert CLIENT == collector.trace(trace_id, *names(twin.queue))[0].parent_id


def test_tasks_that_are_stored_together_are_a_trace_each(twin: Traced, collector: Collector) -> None:
    """One write for all of them, and a span of it in every trace."""
    traces = [new_trace() for _ in range(TOGETHER)]
    with frozen([twin.worker.pid]):
        for trace_id in traces:
            twin.api.send(headers=traceparent(trace_id))
    found = [collector.trace(trace_id, *names(twin.queue)) for trace_id in traces]
    assert {1} == {len({span.trace_id for span in trace}) for trace in found}
    assert max(trace[2].attributes["tasklab.batch_size"] for trace in found) > 1
    assert max(trace[3].attributes.get("db.operation.batch.size", 1) for trace in found) > 1


def test_every_attempt_is_in_the_same_trace(twin: Traced, collector: Collector) -> None:
    """The database refuses the task, then no longer."""
    title, trace_id = unique(), new_trace()
    twin.tasks.database.command("collMod", COLLECTION, validator={"title": {"$ne": title}})
    try:
        task_id = twin.api.send(title, headers=traceparent(trace_id))
        wait_until(lambda: _failed(collector, trace_id), ARRIVES_WITHIN, "its first attempt has failed")
    finally:
        twin.tasks.database.command("collMod", COLLECTION, validator={})
    made = twin.api.stored(task_id, within=30)["passport"]["attempt"]
    assert made > 1

    retries = [f"send {twin.queue}.retry.{delay}" for delay in (1000, 5000, 25000)][: made - 1]
    once = [f"process {twin.queue}", "insert tasks"]
    found = collector.trace(trace_id, *names(twin.queue), *retries, *once * (made - 1))
    assert [(one, "again" if one < made else "done") for one in range(1, made + 1)] == attempts(found, twin.queue)
    sent = next(span.span_id for span in found if span.name == f"send {twin.queue}")
    assert {sent} == {span.parent_id for span in found if span.name in {f"process {twin.queue}", *retries}}
    assert ["BulkWriteError"] * (made - 1) == [
        span.attributes["error.type"] for span in found if span.name == "insert tasks" and span.error
    ]


def _failed(collector: Collector, trace_id: str) -> list[Span]:
    return collector.spans(lambda span: span.trace_id == trace_id and span.attributes.get("tasklab.verdict") == "again")


def test_a_dead_letter_and_its_new_start_are_in_the_same_trace(twin: Traced, collector: Collector) -> None:
    """Another task is stored under its id; when that is gone, ``./lab dead requeue`` brings it through."""
    trace_id = new_trace()
    with frozen([twin.worker.pid]):
        task_id = twin.api.send(headers=traceparent(trace_id))
        twin.tasks.insert_one({"_id": task_id, "title": "another"})
    dead = [*names(twin.queue), f"send {twin.queue}.dead"]
    assert [(1, "dead")] == attempts(collector.trace(trace_id, *dead), twin.queue)

    twin.tasks.delete_one({"_id": task_id})
    _requeue(task_id, twin.queue)
    found = collector.trace(trace_id, *dead, f"process {twin.queue}", "insert tasks")
    assert [(1, "dead"), (1, "done")] == attempts(found, twin.queue)
    assert "conflict" in next(span.error for span in found if span.attributes.get("tasklab.verdict") == "dead")
    assert {trace_id} == {line.get("trace_id") for line in twin.lines('"not stored"') if line["task_id"] == task_id}


def _requeue(task_id: str, queue: str) -> None:
    command = [sys.executable, "lab", "dead", "requeue", task_id, "--queue", queue]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=REQUEUED_WITHIN, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr


def test_a_message_from_a_stranger_is_traced_if_it_says_so(twin: Traced, collector: Collector) -> None:
    """What is no task at all dies in the trace that it named; a context that cannot be read harms nobody."""
    trace_id, mark = new_trace(), unique("poison").encode()
    for headers in (traceparent(trace_id), {"traceparent": 7}, {"traceparent": "?", "tracestate": [1]}):
        twin.place.broker.publish(mark, headers=headers)
    twin.place.broker.wait_for_dead(lambda letter: letter.body == mark, count=3)
    found = collector.trace(trace_id, f"process {twin.queue}", f"send {twin.queue}.dead")
    assert {CLIENT} == {span.parent_id for span in found}
    assert "not JSON" in found[0].error


def test_the_log_of_a_traced_task_names_its_trace(twin: Traced, collector: Collector) -> None:
    """In the API and in the worker; that of another task does not."""
    trace_id = new_trace()
    task_id, other = twin.api.send(headers=traceparent(trace_id)), twin.api.send(headers=traceparent(new_trace(), "00"))
    wait_until(lambda: len(twin.lines(task_id)) == 2 and twin.lines(other), ARRIVES_WITHIN, "both are logged")
    accepted, settled = twin.lines(task_id)
    assert ("task accepted", trace_id) == (accepted["event"], accepted["trace_id"])
    assert ("settled", True) == (settled["event"], trace_id in settled["trace_ids"])
    assert [] == [line for line in twin.lines(other) if "trace_id" in line]


def test_a_request_that_is_refused_is_traced_and_says_so_in_the_log(twin: Traced, collector: Collector) -> None:
    """The client's error is none of the service."""
    trace_id = new_trace()
    assert 422 == twin.api.post({"title": 1}, headers=traceparent(trace_id)).status_code
    (span,) = collector.trace(trace_id, "POST /tasks")
    assert (422, "") == (span.attributes["http.response.status_code"], span.error)
    (line,) = wait_until(lambda: twin.lines(trace_id), ARRIVES_WITHIN, "it is logged")
    assert "request refused" == line["event"]


def reads(twin: Traced) -> dict[str, tuple[str, dict[str, str], list[str]]]:
    """Ways to read, by path, with headers and the spans each makes."""
    nobody = "01a1fd96-e3f8-748b-8202-0b58edecbe60"
    route = "GET /tasks/<task_id>"
    return {
        "a page": ("/tasks?limit=1", {}, ["GET /tasks", "find tasks"]),
        "one task": (f"/tasks/{nobody}", {}, [route, "find tasks"]),
        "waiting for one": (f"/tasks/{nobody}", {"Prefer": "wait=1"}, [route, "find tasks"]),
        "nowhere": ("/nowhere", {}, ["GET"]),
    }


@pytest.mark.parametrize("way", ["a page", "one task", "waiting for one", "nowhere"])
def test_reading_is_traced(twin: Traced, collector: Collector, way: str) -> None:
    """A request and what it asks the database; one that waits asks again and again, and is two spans all the same."""
    path, headers, expected = reads(twin)[way]
    trace_id = new_trace()
    twin.api.get(path, headers={**headers, **traceparent(trace_id)})
    found = collector.trace(trace_id, *expected)
    assert path.partition("?")[0] == found[0].attributes["url.path"]


def test_a_key_that_is_looked_up_is_in_the_trace(twin: Traced, collector: Collector) -> None:
    """The API reads before it publishes."""
    trace_id = new_trace()
    twin.api.send(headers={**traceparent(trace_id), "Idempotency-Key": unique()})
    assert "find tasks" == collector.trace(trace_id, "find tasks", *names(twin.queue))[1].name


def test_every_process_of_an_api_sends_its_own(twin: Traced, collector: Collector) -> None:
    """Each has begun after the fork, with a thread of its own that sends."""

    def look() -> bool:
        with http_client(twin.api.direct) as http:
            http.get("/tasks?limit=1")
        return len({span.process for span in collector.spans(lambda span: span.service == twin.side.api)}) == 2

    wait_until(look, ARRIVES_WITHIN, "both processes have sent spans")


def test_what_is_called_for_in_the_conventions_is_told(twin: Traced, collector: Collector) -> None:
    """Names and values by which every tool for traces knows requests, messages and databases."""
    trace_id = new_trace()
    twin.api.send(headers=traceparent(trace_id))
    request, sent, processed, stored = (span.attributes for span in collector.trace(trace_id, *names(twin.queue)))
    assert {"http.request.method": "POST", "http.route": "/tasks", "url.path": "/tasks"}.items() <= request.items()
    rabbit: dict[str, Any] = {"messaging.system": "rabbitmq", "messaging.destination.name": twin.queue}
    assert {**rabbit, "messaging.operation.type": "send"}.items() <= sent.items()
    assert {**rabbit, "messaging.operation.type": "process"}.items() <= processed.items()
    mongo = {"db.system.name": "mongodb", "db.operation.name": "insert", "db.collection.name": "tasks"}
    assert mongo.items() <= stored.items()
