"""A message among the dead letters: why, after how many attempts and when it came there, and its new start."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core.message import ATTEMPT, DEAD_AT, QUEUE, REASON, Headers, Message, attempt_of

# What the broker writes where it dead-letters or redelivers a message by itself.
HISTORY = re.compile(r"\Ax-death\Z")
BROKERS_OWN = re.compile(r"\Ax-(death|(first|last)-death-\w+|delivery-count)\Z")
NO_REASON = "no reason was given"


@dataclass(frozen=True)
class DeadLetter:
    """What stands beside a message in the dead letters."""

    reason: str
    attempts: int
    when: str
    """A time as ISO 8601 has it; empty where nobody noted it."""


def why(headers: Headers | None) -> DeadLetter:
    """What the headers tell: a worker's own words, else what the broker noted when it gave the message up."""
    headers = headers or {}
    attempts = attempt_of(headers)
    broker = _last_death(headers)
    # A message that once waited for another attempt has a reason and a history too; only the dead have a time of ours.
    if broker is not None and DEAD_AT not in headers:
        return DeadLetter(f"{broker.get('reason', 'unknown')} (the broker's)", attempts, _moment(broker.get("time")))
    return DeadLetter(str(headers.get(REASON) or NO_REASON), attempts, str(headers.get(DEAD_AT, "")))


def _last_death(headers: Headers) -> Mapping[str, Any] | None:
    """The first entry of the broker's history, which is the latest."""
    history = next((value for name, value in headers.items() if HISTORY.match(name)), None)
    latest = history[0] if isinstance(history, list) and history else None
    return latest if isinstance(latest, Mapping) else None


def _moment(value: Any) -> str:
    """AMQP's times are UTC, in whole seconds."""
    if not isinstance(value, datetime):
        return ""
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="seconds")


def revive(dead: Message, queue: str) -> Message:
    """The message for a new start in ``queue``: its first attempt again, and no word of its death."""
    kept = {name: value for name, value in dead.headers.items() if not _is_of_death(name)}
    return Message(queue, dead.body, dead.message_id, dead.correlation_id, dead.app_id, {**kept, ATTEMPT: 1})


def _is_of_death(header: str) -> bool:
    return header in {REASON, QUEUE, DEAD_AT} or BROKERS_OWN.match(header) is not None
