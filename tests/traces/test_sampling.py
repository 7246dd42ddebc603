"""How much is traced: the share that is set, whatever clients wish; and what happens is told, also where it fails."""

import math
import random
from pathlib import Path

import httpx

from cli.ports import LOOPBACK, free_port
from tests.support import programs
from tests.support.api import http_client, unique
from tests.support.collector import Collector
from tests.support.place import Place
from tests.support.waiting import wait_until
from tests.traces.traced import SERVES_WITHIN, Side, api, new_trace, traceparent, tracing

SHARE = 0.25
REQUESTS = 200
LOWER_HALF = 16
"""OpenTelemetry's samplers decide by so many of the last digits of a trace's id."""
DEVIATIONS = 5


def test_a_share_of_the_traces_is_recorded_by_their_ids(side: Side, own: Place, tmp_path: Path) -> None:
    """Who asks for it does not get more; and who asks for none gets none."""
    made = random.Random(4)
    asked = [f"{made.getrandbits(128):032x}" for _ in range(REQUESTS)]
    with Collector() as collector:
        with api(side, {**own.environ, **tracing(collector.endpoint, SHARE)}, tmp_path / "log") as served:
            for trace_id in asked:
                served.send(headers=traceparent(trace_id))
                served.send(headers=traceparent(trace_id, "00"))
        # It has ended, and has sent what there was to send.
        found = collector.spans()
    expected = {one for one in asked if int(one[-LOWER_HALF:], 16) < SHARE * 16**LOWER_HALF}
    spread = math.sqrt(REQUESTS * SHARE * (1 - SHARE))
    assert abs(len(expected) - REQUESTS * SHARE) < DEVIATIONS * spread
    assert sorted([*expected, *expected]) == sorted(span.trace_id for span in found)


def test_with_a_share_of_zero_nothing_is_recorded(side: Side, own: Place, tmp_path: Path) -> None:
    """Nor does a message then carry a context."""
    with Collector() as collector:
        with api(side, {**own.environ, **tracing(collector.endpoint, 0)}, tmp_path / "log") as served:
            for headers in ({}, traceparent(new_trace())):
                served.send(headers=headers)
        assert [] == collector.spans()
    messages = own.broker.look()
    assert (2, []) == (len(messages), [one for one in messages if "traceparent" in one.headers])


def test_all_is_recorded_but_what_machines_ask_all_the_time(side: Side, own: Place, tmp_path: Path) -> None:
    """Health and metrics would bury the rest."""
    with Collector() as collector:
        with api(side, {**own.environ, **tracing(collector.endpoint)}, tmp_path / "log") as served:
            for path in ("/healthz", "/readyz", "/metrics"):
                assert 200 == served.get(path, headers=traceparent(new_trace())).status_code
            served.send()
        assert ["POST /tasks", f"send {own.broker.queue}"] == [span.name for span in collector.spans()]


def test_a_task_that_the_broker_does_not_get_is_an_error_in_the_trace(side: Side, own: Place, tmp_path: Path) -> None:
    """Where it failed, and what the client was told."""
    nowhere = {"RABBIT_HOST": LOOPBACK, "RABBIT_PORT": str(free_port())}
    with Collector() as collector:
        environ = {**own.environ, **tracing(collector.endpoint), **nowhere}
        with programs.api(side.package, environ, tmp_path / "log") as address, http_client(address) as http:
            wait_until(lambda: _serves(http), SERVES_WITHIN, "it serves")
            assert 503 == http.post("/tasks", json={"title": unique()}).status_code
        request, sent = collector.spans()
    assert ("503", "BrokerUnavailable") == (request.attributes["error.type"], sent.attributes["error.type"])
    assert (request.span_id, request.error) == (sent.parent_id, "503")


def _serves(http: httpx.Client) -> bool:
    try:
        return http.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False
