"""Examples that many tests begin with. Each takes only what a test wants to be different."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from core.delivery import Delivery
from core.enrich import Receipt
from core.message import Message, encode
from core.task import Task, Work
from core.topology import topology

ID = "01890a5d-ac96-774b-bcce-b302099a8057"
OTHER_ID = "01890a5d-ac97-774b-bcce-b302099a8058"
ACCEPTED = datetime(2026, 11, 21, 10, 0, 0, 250_000, tzinfo=UTC)
RECEIVED = datetime(2026, 11, 21, 10, 0, 1, 500_000, tzinfo=UTC)
STORED = datetime(2026, 11, 21, 10, 0, 2, tzinfo=UTC)
TOPOLOGY = topology("work")

_TASK = Task(id=ID, title="Water the plants", source="flask", host="here", request_id="r1", accepted=ACCEPTED)


def a_task(**changes: Any) -> Task:
    """A task as it waits in the queue."""
    return msgspec.structs.replace(_TASK, **changes)


def some_ids(count: int) -> list[str]:
    """Ids of tasks, each another."""
    return [f"{ID[:-4]}{number:04x}" for number in range(count)]


def a_message(task: Task | None = None, **changes: Any) -> Message:
    """The message that carries a task on its first attempt."""
    return replace(encode(task or a_task(), "work"), **changes)


def a_delivery(message: Message | None = None, *, tag: int = 1, channel: object = None, **changes: Any) -> Delivery:
    """A message as a consumer receives it."""
    delivery = Delivery(channel, tag, message or a_message(), False, RECEIVED)
    return replace(delivery, **changes)


def a_receipt(**changes: Any) -> Receipt:
    """Who received the task."""
    return replace(Receipt("pyworker", "there", 1, False, RECEIVED), **changes)


def work(io_ms: int = 0, cpu_ms: int = 0) -> Work:
    """Simulated work."""
    return Work(io_ms, cpu_ms)
