"""Where a delivery goes that was not stored: a retry queue or the dead letters, as the message to publish there."""

from datetime import datetime

from core.delivery import Again, Dead, Delivery, Done, Verdict
from core.message import Message, dead_letter, retry
from core.retry import GiveUp, decide
from core.topology import Topology


def onward(delivery: Delivery, verdict: Verdict, topology: Topology, jitter: float, now: datetime) -> Message | None:
    """The message to publish before ``delivery`` may be acknowledged; None if it is stored. ``jitter`` in [0, 1)."""
    match verdict:
        case Done():
            return None
        case Dead(reason):
            return dead_letter(delivery.message, topology.dead.name, reason, delivery.attempt, now)
        case Again(reason):
            return _another_attempt(delivery, reason, topology, jitter, now)


def _another_attempt(delivery: Delivery, reason: str, topology: Topology, jitter: float, now: datetime) -> Message:
    decision = decide(delivery.attempt, topology, jitter)
    if isinstance(decision, GiveUp):
        why = f"given up after {decision.attempts} attempts: {reason}"
        return dead_letter(delivery.message, topology.dead.name, why, decision.attempts, now)
    return retry(delivery.message, decision.queue, decision.attempt, decision.delay_ms, reason)
