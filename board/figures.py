"""Figures of what Prometheus would be told: counters read twice make rates, buckets read twice make a latency."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

LINE = re.compile(r"(?P<name>[a-z_]+)(?:\{(?P<labels>[^}]*)\})? (?P<value>\S+)")
LABEL = re.compile(r'(\w+)="([^"]*)"')
REQUESTS = "tasklab_http_requests_total"
DURATIONS = "tasklab_http_request_duration_seconds_bucket"
NAMES = {
    "tasklab_deliveries_total": "deliveries",
    "tasklab_dead_letters_total": "dead",
    "process_start_time_seconds": "started",
}
WANTED = (REQUESTS, DURATIONS, *NAMES)
"""Most lines tell of something else, and need not be taken apart."""
ACCEPTED = "202"
INFINITE = float("inf")

Buckets = Mapping[float, float]
"""How many took at most so many seconds."""


@dataclass(frozen=True)
class Reading:
    """What one process (or all processes of one API together) has counted since it started."""

    accepted: float = 0.0
    """Tasks that were answered 202."""
    stored: float = 0.0
    dead: float = 0.0
    deliveries: float = 0.0
    """Deliveries settled, whatever became of them."""
    started: float = 0.0
    """When the process began; 0 where it does not say."""
    buckets: Buckets = field(default_factory=dict)
    """Of POST /tasks."""


def reading(text: str) -> Reading:
    """What an exposition says."""
    sums = dict.fromkeys(("accepted", "stored", "dead", "deliveries", "started"), 0.0)
    buckets: dict[float, float] = {}
    for line in text.splitlines():
        match = LINE.match(line) if line.startswith(WANTED) else None
        if match is None:
            continue
        labels, value = dict(LABEL.findall(match["labels"] or "")), float(match["value"])
        if name := _counter(match["name"], labels):
            sums[name] += value
            if name == "deliveries" and labels.get("verdict") == "done":
                sums["stored"] += value
        elif _is_bucket(match["name"], labels):
            buckets[float(labels["le"])] = buckets.get(float(labels["le"]), 0.0) + value
    return Reading(**sums, buckets=buckets)


def _counter(name: str, labels: Mapping[str, str]) -> str:
    if name == REQUESTS:
        of_task = labels.get("method") == "POST" and labels.get("status") == ACCEPTED
        return "accepted" if of_task else ""
    return NAMES.get(name, "")


def _is_bucket(name: str, labels: Mapping[str, str]) -> bool:
    return name == DURATIONS and labels.get("method") == "POST" and labels.get("route") == "/tasks"


def grown(before: float, now: float) -> float:
    """How much a counter has grown; one that fell was started anew, and has all it shows since then."""
    return now - before if now >= before else now


def quantile(share: float, before: Buckets, now: Buckets) -> float | None:
    """Seconds within which that share of the answers since ``before`` came; None where there were none."""
    counts = {edge: grown(before.get(edge, 0.0), count) for edge, count in sorted(now.items())}
    total = counts.get(INFINITE, 0.0)
    if not total:
        return None
    lower, below = 0.0, 0.0
    for edge, count in counts.items():
        if count >= share * total:
            return lower if edge == INFINITE else lower + (edge - lower) * (share * total - below) / (count - below)
        lower, below = edge, count
    return lower
