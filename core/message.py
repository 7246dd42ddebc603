"""The message that carries a task through the broker: JSON, persistent, named by the task's id."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec

from core.errors import DecodeError
from core.task import Task, decoder
from core.traces import trace_id

CONTENT_TYPE = "application/json"
ATTEMPT = "attempt"
REASON = "reason"
QUEUE = "queue"
DEAD_AT = "dead-at"
MESSAGE_BYTES = 256 * 1024
MAX_ATTEMPT = 1_000_000

Headers = Mapping[str, Any]
NONE: Headers = {}


@dataclass(frozen=True)
class Message:
    """What a publisher sends: the body, the queue it is for, and the properties that travel with it."""

    queue: str
    body: bytes
    message_id: str
    correlation_id: str = ""
    app_id: str = ""
    headers: Headers = field(default_factory=dict)
    expiration_ms: int | None = None
    """Milliseconds until the message leaves its queue for the dead-letter exchange; None: never."""


class Named(Protocol):
    """A message, or the properties of one as pika has them."""

    @property
    def message_id(self) -> str: ...
    @property
    def headers(self) -> Headers | None: ...


_encode = msgspec.json.Encoder().encode
_decode = decoder(Task)


def encode(task: Task, queue: str, headers: Headers = NONE) -> Message:
    """The message for a task's first attempt; its correlation id is the id of the HTTP request.

    ``headers``: what else travels with it, through every attempt and beyond.
    """
    return Message(queue, _encode(task), task.id, task.request_id, task.source, {ATTEMPT: 1, **headers})


def decode(body: bytes) -> Task:
    """The task in a message's body; raises DecodeError, whose message is the reason kept with the dead letter."""
    if len(body) > MESSAGE_BYTES:
        raise DecodeError(f"the body has {len(body)} bytes, more than {MESSAGE_BYTES}")
    try:
        task = _decode(body)
        for moment in filter(None, (task.accepted, task.nginx)):
            moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise DecodeError(str(error)) from error
    return task


def named(message: Named) -> dict[str, str]:
    """What a line of the log calls a message: the task's id, and the trace's where it is traced."""
    found = trace_id(message.headers or {})
    return {"task_id": message.message_id, **({"trace_id": found} if found else {})}


def attempt_of(headers: Headers | None) -> int:
    """Which attempt a delivery is, from our own header: the broker's counter also counts lost connections."""
    value = (headers or {}).get(ATTEMPT, 1)
    if isinstance(value, bool) or not isinstance(value, int):
        return 1
    return min(max(value, 1), MAX_ATTEMPT)


def dead_letter(original: Message, queue: str, reason: str, attempts: int, when: datetime) -> Message:
    """The message kept for people when a task cannot be stored: the body untouched, with the reason beside it."""
    headers = {
        **original.headers,
        ATTEMPT: attempts,
        REASON: reason[:500],
        QUEUE: original.queue,
        DEAD_AT: when.isoformat(timespec="milliseconds"),
    }
    return Message(queue, original.body, original.message_id, original.correlation_id, original.app_id, headers)


def retry(original: Message, queue: str, attempt: int, delay_ms: int, reason: str) -> Message:
    """The message for another attempt: it waits ``delay_ms`` in a retry queue, then returns to the work queue."""
    headers = {**original.headers, ATTEMPT: attempt, REASON: reason[:500]}
    return Message(
        queue, original.body, original.message_id, original.correlation_id, original.app_id, headers, delay_ms
    )
