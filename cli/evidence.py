"""What can be found out about a task from outside: the stored task, and what the queues hold."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx

from cli import letters, mongo, probe
from cli.config import Lab
from cli.language import _
from cli.letters import BrokerFailed, Letter
from cli.stack import WORKERS, Stack
from core.documents import COLLECTION, public
from core.letters import DeadLetter as DeadLetter
from core.letters import why
from core.topology import topology

TIMEOUT = 5.0
PATIENCE = "wait=1"
"""A task that was sent a moment ago is on its way; the API waits that long for it."""
MOST_LOOKED_AT = 10_000
LOG_LINES = 20_000
STATISTICS_AGE = 6.0
"""The broker counts what workers hold every five seconds."""
YOUNG = 60.0
POLL = 0.2
TIME_ORDERED = 7


@dataclass(frozen=True)
class QueueState:
    """A queue as the broker has it now."""

    name: str
    ready: int
    consumers: int


@dataclass(frozen=True)
class Queues:
    """What the broker says. ``missing`` says why it could not be asked."""

    states: tuple[QueueState, ...] = ()
    dead_letter: DeadLetter | None = None
    retry_queue: str = ""
    missing: str = ""
    unacknowledged: int | None = None
    no_database: str = ""
    """Why nothing can be stored now; empty where it can."""


@dataclass(frozen=True)
class Evidence:
    """Everything that was found about one task."""

    task: dict[str, Any] | None
    queues: Queues = field(default_factory=Queues)
    via: str = ""


def gather(lab: Lab, stack: Stack, task_id: str) -> Evidence:
    """Looks for the stored task first, and into the queues only where it is not stored."""
    task, via = stored(lab, stack, task_id)
    if task is not None:
        return Evidence(task, via=via)
    letter = in_logs(stack, task_id)
    return Evidence(None, Queues(dead_letter=letter) if letter else look_into_queues(lab, stack, task_id))


def in_logs(stack: Stack, task_id: str) -> DeadLetter | None:
    """What a worker logged when it gave the task up. Asked before the queue itself, where every look counts as a
    delivery and too many of them can end a message."""
    labels = [service.label for service in stack.services() if service.name in WORKERS]
    lines = [line for label in labels for line in stack.tail(label, LOG_LINES) if task_id in line]
    return next((letter for line in reversed(lines) if (letter := given_up(line))), None)


def given_up(line: str) -> DeadLetter | None:
    """The dead letter that a log line tells of, None where it tells of something else."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    if not isinstance(event, dict) or "dead-at" not in event:
        return None
    return DeadLetter(str(event.get("reason", "")), int(event.get("attempt", 1)), str(event["dead-at"]))


def stored(lab: Lab, stack: Stack, task_id: str) -> tuple[dict[str, Any] | None, str]:
    """The task as the contract shows it, from either API, or from the database where both are down."""
    for service in ("flask", "async"):
        path = f"/{service}/tasks/{task_id}"
        try:
            url = probe.local(lab) + path
            answer = httpx.get(url, headers={"Prefer": PATIENCE}, timeout=TIMEOUT, trust_env=False)
        except httpx.HTTPError:
            continue
        if answer.is_success:
            return dict(answer.json()), f"GET {path}"
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None, ""
    return _from_database(lab, stack, task_id), _("the database itself, because neither API answers")


def _from_database(lab: Lab, stack: Stack, task_id: str) -> dict[str, Any] | None:
    from pymongo import MongoClient
    from pymongo.errors import PyMongoError

    try:
        with MongoClient[dict[str, Any]](mongo.uri(lab), timeoutMS=mongo.TIMEOUT_MS, tz_aware=True) as client:
            found = client[stack.addresses()["db"]][COLLECTION].find_one({"_id": task_id})
    except PyMongoError:
        return None
    return public(found) if found else None


def look_into_queues(lab: Lab, stack: Stack, task_id: str) -> Queues:
    """Counts of the work queue, and the message itself where it is among the dead letters or waits for an attempt."""
    names = topology(lab.settings.rabbit_queue, lab.settings.queue_shards)
    try:
        with letters.opened(stack.addresses()["rabbitmq"]) as connection:
            states = together(names.name, [_state(connection, name) for name in names.works])
            letter = _find(connection, names.dead.name, task_id)
            retry = next((one.name for one in names.retries if _find(connection, one.name, task_id) is not None), "")
    except BrokerFailed as error:
        return Queues(missing=_("RabbitMQ does not answer ({error})", error=error))
    dead = why(letter.headers) if letter is not None else None
    held = _unacknowledged(lab, stack, names.works)
    deadline = time.monotonic() + (STATISTICS_AGE if is_young(task_id) else 0.0)
    while held == 0 and dead is None and not retry and time.monotonic() < deadline:
        time.sleep(POLL)
        held = _unacknowledged(lab, stack, names.works)
    return Queues(states, dead, retry, unacknowledged=held, no_database=mongo.is_primary(lab))


def together(name: str, shards: Sequence[QueueState | None]) -> tuple[QueueState, ...]:
    """The work queue as one, whatever it is spread over; each worker consumes all of it. Nothing where a part lacks."""
    found = [state for state in shards if state is not None]
    if len(found) < len(shards):
        return ()
    return (QueueState(name, sum(one.ready for one in found), min(one.consumers for one in found)),)


def _state(connection: Any, name: str) -> QueueState | None:
    """None where there is no such queue. A failed look closes its channel, so each has its own."""
    from pika.exceptions import ChannelClosed

    try:
        answer = connection.channel().queue_declare(name, passive=True).method
    except ChannelClosed:
        return None
    return QueueState(name, answer.message_count, answer.consumer_count)


def _find(connection: Any, queue: str, task_id: str) -> Letter | None:
    """The message with this id, None where it is not among the first ones.

    Not in the work queue: there, a look counts as a delivery, and the workers are quicker anyway.
    """
    from pika.exceptions import ChannelClosed

    found = None
    try:
        # To the end, also where it is found before: only then does everything go back in its order.
        for letter in letters.look(connection, queue, min(letters.count(connection, queue), MOST_LOOKED_AT)):
            found = letter if letter.id == task_id else found
    except ChannelClosed:
        return None
    return found


def _unacknowledged(lab: Lab, stack: Stack, names: Sequence[str]) -> int | None:
    """How many messages of these work queues are in the hands of workers, as of some seconds ago."""
    url = f"{stack.addresses()['management']}/api/queues/%2F"
    login = (lab.settings.rabbit_user, lab.settings.rabbit_password)
    try:
        answer = httpx.get(url, auth=login, timeout=TIMEOUT, trust_env=False)
        return sum(int(one["messages_unacknowledged"]) for one in answer.json() if one["name"] in names)
    except (httpx.HTTPError, ValueError, KeyError):
        return None


def accepted_at(task_id: str) -> datetime | None:
    """When a producer made the id; None for one that was derived from an idempotency key."""
    value = UUID(task_id)
    return datetime.fromtimestamp((value.int >> 80) / 1000, UTC) if value.version == TIME_ORDERED else None


def is_young(task_id: str) -> bool:
    """Whether the task was made so recently that a worker may just have taken it."""
    made = accepted_at(task_id)
    return made is not None and abs((datetime.now(UTC) - made).total_seconds()) < YOUNG
