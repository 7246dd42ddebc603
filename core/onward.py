"""Where a delivery goes that was not stored: a retry queue or the dead letters, as the message to publish there."""

from datetime import datetime

from core.delivery import Again, Dead, Delivery
from core.message import Message, dead_letter, retry
from core.retry import GiveUp, decide
from core.topology import Topology


def onward(delivery: Delivery, verdict: Dead | Again, topology: Topology, jitter: float, now: datetime) -> Message:
    """The message to publish before ``delivery`` may be acknowledged; ``jitter`` in [0, 1)."""
    if isinstance(verdict, Dead):
        return dead_letter(delivery.message, topology.dead.name, verdict.reason, delivery.attempt, now)
    return _another_attempt(delivery, verdict.reason, topology, jitter, now)


def _another_attempt(delivery: Delivery, reason: str, topology: Topology, jitter: float, now: datetime) -> Message:
    decision = decide(delivery.attempt, topology.shard_of(delivery.message.queue), jitter)
    if isinstance(decision, GiveUp):
        why = f"given up after {decision.attempts} attempts: {reason}"
        return dead_letter(delivery.message, topology.dead.name, why, decision.attempts, now)
    return retry(delivery.message, decision.queue, decision.attempt, decision.delay_ms, reason)
