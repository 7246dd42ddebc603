"""What tracing takes of a processor: ``python -m bench.tracing_times PACKAGE WHAT COUNT``; where, the environment says.

Prints microseconds for one request or one delivery, with everything that the thread which sends spans does for it.
"""

import os
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from bench.fill import message
from core.clock import at
from core.delivery import Delivery, Done
from core.message import decode
from core.settings import LIMITS, Settings, read
from core.task import Work

MICROSECONDS = 1e6
TENTH = 10
"""As many again are not counted: the interpreter adapts its code to what it sees."""
REQUEST, DELIVERY = "a request", "a delivery"
STATUS = 202


def times(package: str, what: str, settings: Settings, count: int) -> float:
    """Microseconds for each of ``count`` of a kind: what an API, or what a worker has to do with."""
    tracing: Any = import_module(f"{package}.tracing")
    tracing.begin(package, settings)
    if what == DELIVERY:
        batch = [_delivery(settings, number) for number in range(LIMITS.batch)]
        return _spent(_batch(tracing, batch), max(1, count // len(batch)), tracing.close) / len(batch)
    return _spent(_request(tracing, settings), count, tracing.close)


def _request(tracing: Any, settings: Settings) -> Callable[[], object]:
    """All that a POST asks of tracing."""
    request = SimpleNamespace(method="POST", path="/tasks", url_rule=SimpleNamespace(rule="/tasks"))
    task = decode(message("bench", Work(), settings.rabbit_queue).body)

    def ask() -> None:
        span = tracing.arrived(request, {}, task.request_id)
        with tracing.sending(task, settings.rabbit_queue):
            pass
        tracing.answered(span, STATUS)
        tracing.left(span)

    return ask


def _batch(tracing: Any, batch: Sequence[Delivery]) -> Callable[[], object]:
    """All that a batch asks of tracing."""
    documents = [{"_id": delivery.message.message_id} for delivery in batch]
    verdicts = [Done()] * len(batch)

    def handle() -> None:
        with tracing.processing(batch) as judge:
            with tracing.storing("insert", documents):
                pass
            judge(verdicts)

    return handle


def _delivery(settings: Settings, tag: int) -> Delivery:
    return Delivery(None, tag, message("bench", Work(), settings.rabbit_queue), False, at(time.time()))


def _spent(action: Callable[[], object], count: int, close: Callable[[], object]) -> float:
    """Until what it left to others is done too."""
    for _ in range(max(1, count // TENTH)):
        action()
    started = time.process_time()
    for _ in range(count):
        action()
    close()
    return (time.process_time() - started) / count * MICROSECONDS


if __name__ == "__main__":
    sys.stdout.write(f"{times(sys.argv[1], sys.argv[2], read(os.environ), int(sys.argv[3]))}\n")
