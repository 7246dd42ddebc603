"""What a worker lets others see: figures for Prometheus, and a line in its log for each task."""

import json
import re
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary

DONE, DEAD = "done", "dead"
OUTCOMES = (DONE, DEAD)
TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
"""Version, trace, span, flags: the header by which all programs know what they do for whom (W3C Trace Context)."""


@dataclass(frozen=True)
class Settled:
    """What has become of one task."""

    task_id: str
    """Whoever sends may write into it what they like."""
    outcome: str
    """One of OUTCOMES."""
    reason: str
    """Why it is dead; empty where it is done."""
    waited_ms: int
    """How long it has waited in the queue, in milliseconds."""
    traceparent: str
    """As it came with the message; empty, or nonsense, where somebody does not trace."""


class Figures:
    """What Prometheus asks for.

    worker_tasks_total{outcome="…"}  how many tasks were settled so, since this process began
    worker_queue_seconds             how long each has waited in the queue: so many up to 5 s, so many up to …

    Both are there before the first task, each outcome with 0. The longest wait that one wants to tell is a minute.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        raise NotImplementedError("your turn")

    def count(self, settled: Settled) -> None:
        """One task more."""
        raise NotImplementedError("your turn")


def line(settled: Settled) -> str:
    """One line of JSON: {"event": "settled", "task_id", "outcome", "reason", "trace_id"}.

    ``trace_id`` is empty where the task is in no trace.
    """
    raise NotImplementedError("your turn")
