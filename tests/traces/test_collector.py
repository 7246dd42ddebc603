"""A collector that is away, hangs or dies harms no task, holds up no end, and is told of once."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from cli.ports import LOOPBACK, free_port
from drills.processes import kill
from tests.support.api import unique
from tests.support.collector import Collector
from tests.support.place import Place
from tests.support.serving import listens
from tests.support.stack import ROOT
from tests.support.waiting import wait_until
from tests.traces.traced import Side, Traced, lines, new_trace, running, traceparent

TASKS = 30
STORED_WITHIN = 30.0
TOLD_WITHIN = 15.0
ENDS_WITHIN = 10.0
"""Docker waits that long before it kills."""
WARNING, RELIEF = "does not take traces", "takes traces again"


def told(one: Traced, word: str) -> list[int]:
    """How often each of its programs says that."""
    return [len([line for line in lines(one.log / name) if word in line]) for name in ("api", "worker")]


def send(one: Traced, count: int = TASKS) -> None:
    """Tasks, each accepted and stored."""
    for task_id in [one.api.send() for _ in range(count)]:
        one.api.stored(task_id, within=STORED_WITHIN)


def away() -> Iterator[str]:
    """Nobody is there."""
    yield f"http://{LOOPBACK}:{free_port()}"


def hanging() -> Iterator[str]:
    """Somebody is there, and answers nothing."""
    with Collector() as collector:
        collector.freeze()
        yield collector.endpoint


def refusing() -> Iterator[str]:
    """Somebody is there who wants none of it."""
    with Collector() as collector:
        collector.status = 503
        yield collector.endpoint


@pytest.mark.parametrize("kind", [away, hanging, refusing])
def test_a_collector_that_takes_nothing_is_told_of_once_and_harms_nobody(
    side: Side, own: Place, tmp_path: Path, kind: object
) -> None:
    """Tasks go on, both programs end in time, and every line of their logs is still one of ours."""
    assert callable(kind)
    with contextmanager(kind)() as endpoint:
        with running(side, own, endpoint, tmp_path) as one:
            send(one)
            wait_until(lambda: told(one, WARNING) == [1, 1], TOLD_WITHIN, "both have told of it")
            send(one, 1)
            began = time.monotonic()
        assert time.monotonic() - began < 2 * ENDS_WITHIN
        assert [1, 1] == told(one, WARNING)
        assert [] == [line for name in ("api", "worker") for line in lines(tmp_path / name) if not json.loads(line)]


@contextmanager
def collecting(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A collector in a process of its own, which listens on that port."""
    command = [sys.executable, "-m", "tests.support.collector", str(port)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            wait_until(lambda: listens(f"http://{LOOPBACK}:{port}"), TOLD_WITHIN, "the collector listens")
            yield process
        finally:
            process.kill()


def test_a_collector_may_be_killed_and_come_back(side: Side, own: Place, tmp_path: Path) -> None:
    """What is traced meanwhile is lost, and nothing else; afterwards traces arrive again."""
    port, trace_id, queue = free_port(), new_trace(), own.broker.queue
    # The second collector stays until both programs have ended, and have sent what they had left.
    with ExitStack() as stays, running(side, own, f"http://{LOOPBACK}:{port}", tmp_path) as one:
        with collecting(port) as process:
            send(one)
            kill(process.pid)
            send(one)
            wait_until(lambda: told(one, WARNING) == [1, 1], TOLD_WITHIN, "both have told of it")
        collector = stays.enter_context(Collector(port))
        wait_until(lambda: send(one, 1) or told(one, RELIEF) == [1, 1], TOLD_WITHIN, "both have got through")
        task_id = one.api.send(unique(), headers=traceparent(trace_id))
        collector.trace(trace_id, "POST /tasks", f"send {queue}", f"process {queue}", "insert tasks")
        one.api.stored(task_id)
    assert [1, 1] == told(one, WARNING)


def test_what_was_traced_last_is_sent_before_the_end(side: Side, own: Place, tmp_path: Path) -> None:
    """A program that ends in peace takes no span with it."""
    trace_id, queue = new_trace(), own.broker.queue
    with Collector() as collector:
        with running(side, own, collector.endpoint, tmp_path) as one:
            one.api.stored(one.api.send(headers=traceparent(trace_id)))
        found = collector.spans(lambda span: span.trace_id == trace_id)
    assert ["POST /tasks", f"send {queue}", f"process {queue}", "insert tasks"] == [span.name for span in found]
