"""What follows when a task could not be stored: another attempt, or the dead letters. A decision, as a value."""

from dataclasses import dataclass

from core.topology import Shard

MAX_ATTEMPTS = 5


@dataclass(frozen=True)
class Retry:
    """Try again after ``delay_ms``, waiting in ``queue``."""

    queue: str
    delay_ms: int
    attempt: int


@dataclass(frozen=True)
class GiveUp:
    """Do not try again: ``attempts`` were made."""

    attempts: int


def decide(attempt: int, shard: Shard, jitter: float) -> Retry | GiveUp:
    """What follows a failed ``attempt`` (the first is 1); ``jitter`` in [0, 1) takes up to half of the delay off.

    Delays grow with the attempts and are capped by the last retry queue, so that a fault that lasts is not hammered.
    """
    if attempt >= MAX_ATTEMPTS:
        return GiveUp(attempt)
    queue = shard.retries[min(attempt, len(shard.retries)) - 1]
    return Retry(queue.name, round(queue.delay_ms * (1 - jitter / 2)), attempt + 1)


def backoff(failures: int, jitter: float, longest: float = 2.0) -> float:
    """Seconds to wait after that many failed connections in a row: from 0.1, doubled each time, at most ``longest``."""
    return min(longest, 0.1 * 2.0 ** min(failures, 10)) * (1 - jitter / 2)
