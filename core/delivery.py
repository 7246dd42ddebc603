"""A message as a consumer receives it, and the verdicts a handler can give on it."""

from collections import deque
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from core.message import Message, attempt_of
from core.settings import LIMITS
from core.traces import trace_id


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery. Its tag means something on its own channel only."""

    channel: object
    tag: int
    message: Message
    redelivered: bool
    received: datetime

    @property
    def attempt(self) -> int:
        """1 for the first attempt."""
        return attempt_of(self.message.headers)


@dataclass(frozen=True)
class Done:
    """The task is stored: acknowledge it."""

    duplicate: bool = False


@dataclass(frozen=True)
class Dead:
    """The message can never be stored: to the dead letters, with the reason, at once."""

    reason: str


@dataclass(frozen=True)
class Again:
    """The task could not be stored now: another attempt later."""

    reason: str


Verdict = Done | Dead | Again


def take_batch(waiting: deque[Delivery], limit: int) -> list[Delivery]:
    """The next deliveries to handle together, taken off ``waiting``; a redelivered one comes alone.

    A message that kills its worker is redelivered. Handled alone, it takes nobody with it the next time.
    """
    batch = [waiting.popleft()]
    while waiting and len(batch) < limit and not (batch[0].redelivered or waiting[0].redelivered):
        batch.append(waiting.popleft())
    return batch


def rest(taken: int) -> float:
    """Seconds in which more shall come together after a batch of that many: a small one costs as much as many tasks.

    One alone is followed at once: there is little to do, or it was redelivered, and others are waiting for their turn.
    """
    return LIMITS.rest if 1 < taken < LIMITS.small_batch else 0.0


def listed(batch: Sequence[Delivery]) -> dict[str, list[str]]:
    """What a line of the log calls a batch: the ids of its tasks and requests, and of the traces of those traced."""
    messages = [delivery.message for delivery in batch]
    names = {
        "task_ids": [message.message_id for message in messages],
        "request_ids": [message.correlation_id for message in messages],
    }
    traces = [found for message in messages if (found := trace_id(message.headers))]
    return {**names, "trace_ids": traces} if traces else names


def in_order(verdicts: Sequence[Verdict | None]) -> list[Verdict]:
    """The verdicts up to the first that is still missing: one acknowledgement covers a prefix, never a gap."""
    settled: list[Verdict] = []
    for verdict in verdicts:
        if verdict is None:
            break
        settled.append(verdict)
    return settled


def prefix(verdicts: Sequence[Verdict], refused: Set[int]) -> int:
    """How many of the first deliveries are settled, when those at the places ``refused`` could not be moved on.

    Up to the first that needs another attempt: it stays in the worker's hands, and what follows it is handled again.
    Giving it back instead would have the broker deliver it again at once, and count that, until it gives it up.
    """
    kept = [place for place in refused if isinstance(verdicts[place], Again)]
    return min(kept, default=len(verdicts))
