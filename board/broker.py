"""What RabbitMQ's management API says: queues and alarms. Nothing here takes a message."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from board.client import Client
from core.topology import Topology

TOTALS = "disable_stats=true&enable_queue_totals=true"
"""What a queue has told a second ago; statistics would be five seconds old."""


@dataclass(frozen=True)
class Queue:
    """Messages of one queue."""

    ready: int = 0
    unacked: int = 0


@dataclass(frozen=True)
class Broker:
    """One look at the broker. ``why`` is empty where all is well."""

    why: str = ""
    alarms: tuple[str, ...] = ()
    work: Queue = field(default_factory=Queue)
    dead: Queue = field(default_factory=Queue)
    retries: Queue = field(default_factory=Queue)


async def look(http: Client, base: str, names: Topology) -> Broker:
    """Asks for all of it; a broker that does not answer is one of the answers."""
    try:
        health = await http.ask(f"{base}/api/health/checks/alarms")
        if health.status_code == httpx.codes.UNAUTHORIZED:
            return Broker("it refuses the user of the lab")
        queues = (await http.ask(f"{base}/api/queues/%2F?{TOTALS}")).raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        return Broker(silence(error))
    return _broker(alarms_of(health), queues, names)


def silence(error: Exception) -> str:
    """Why there was no answer, in words for people."""
    if isinstance(error, httpx.TimeoutException):
        return "it does not answer in time"
    return "nobody answers" if isinstance(error, httpx.TransportError) else f"it answers with {error}"


def alarms_of(health: httpx.Response) -> tuple[str, ...]:
    """The alarms in force: while there is one, the broker takes no message from anybody who publishes."""
    if health.is_success:
        return ()
    found = health.json().get("alarms", [])
    return tuple(sorted({_alarm(one) for one in found})) or (str(health.json().get("reason", health.status_code)),)


def _alarm(one: Any) -> str:
    resource = one.get("resource", one) if isinstance(one, dict) else one
    text = str(resource)
    return next((name for name in ("memory", "disk") if name in text), text)


def _broker(alarms: tuple[str, ...], queues: Any, names: Topology) -> Broker:
    counts = {one["name"]: _queue(one) for one in queues}
    missing = next((name for name in names.works if name not in counts), "")
    return Broker(
        f"there is no queue {missing} yet" if missing else "",
        alarms,
        _together(counts, names.works),
        counts.get(names.dead.name, Queue()),
        _together(counts, [queue.name for queue in names.retries]),
    )


def _together(counts: Mapping[str, Queue], names: Iterable[str]) -> Queue:
    found = [counts.get(name, Queue()) for name in names]
    return Queue(sum(one.ready for one in found), sum(one.unacked for one in found))


def _queue(one: Any) -> Queue:
    return Queue(int(one.get("messages_ready") or 0), int(one.get("messages_unacknowledged") or 0))


async def publish(http: httpx.AsyncClient, base: str, queue: str, body: str) -> bool:
    """Puts a message into a queue past the APIs; whether the broker could route it."""
    exchange = quote("amq.default", safe="")
    message = {
        "routing_key": queue,
        "payload": body,
        "payload_encoding": "string",
        "properties": {"delivery_mode": 2},
    }
    answer = await http.post(f"{base}/api/exchanges/%2F/{exchange}/publish", json=message)
    return bool(answer.raise_for_status().json()["routed"])
