"""What the database and the broker hold, read around the services."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import pika
from pymongo import MongoClient

from core.documents import COLLECTION, STORED
from core.letters import why
from core.topology import Topology
from drills.entries import Letter, Stored, Waiting
from drills.history import hash_of

TIMEOUT = 5.0
Channel = Any
Document = dict[str, Any]


@dataclass
class Database:
    """The collection of stored tasks."""

    uri: str
    name: str

    @contextmanager
    def client(self) -> Iterator[MongoClient[Document]]:
        """A client of its own, so that a restart of the database in between does no harm."""
        milliseconds = int(TIMEOUT * 1000)
        with MongoClient[Document](
            self.uri, tz_aware=True, timeoutMS=milliseconds, serverSelectionTimeoutMS=milliseconds
        ) as client:
            yield client

    def stored(self, wanted: Document) -> list[Stored]:
        """The stored tasks that match a filter."""
        with self.client() as client:
            return [_stored(document) for document in client[self.name][COLLECTION].find(wanted)]

    def stored_since(self, start: float, sources: Sequence[str]) -> list[Stored]:
        """What the workers have stored since then of what these APIs took."""
        since = datetime.fromtimestamp(start, UTC)
        return self.stored({STORED: {"$gte": since}, "source": {"$in": list(sources)}})

    def count(self, wanted: Document) -> int:
        """How many stored tasks match a filter."""
        with self.client() as client:
            return int(client[self.name][COLLECTION].count_documents(wanted))

    def validate(self, rule: Document) -> None:
        """From now on the collection takes only documents that match ``rule``; an empty one matches all."""
        with self.client() as client:
            client[self.name].command("collMod", COLLECTION, validator=rule)


def _stored(document: Document) -> Stored:
    work = document.get("work") or {}
    body = hash_of(document["title"], document["notes"], work.get("io_ms", 0), work.get("cpu_ms", 0))
    passport = document["passport"]
    return Stored(
        document["_id"],
        document["title"],
        body,
        document["source"],
        document["worker"],
        passport["times"]["stored"].timestamp(),
        passport["attempt"],
    )


@dataclass(frozen=True)
class QueueCounts:
    """What the broker has in one queue."""

    ready: int = 0
    unacknowledged: int = 0


@dataclass
class Broker:
    """The queues, over AMQP and over the management API."""

    amqp: str
    management: str
    login: tuple[str, str]
    _http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self._http = httpx.Client(base_url=self.management, auth=self.login, timeout=TIMEOUT, trust_env=False)

    def api(self, method: str, path: str, document: Any = None) -> httpx.Response:
        """An answer of the management API; raises where it is none of success."""
        answer = self._http.request(method, f"/api{path}", json=document)
        answer.raise_for_status()
        return answer

    def close_connection(self, name: str) -> bool:
        """Close a client's connection from the broker's side; False where it is gone already."""
        answer = self._http.request("DELETE", f"/api/connections/{quote(name, safe='')}", headers={"X-Reason": "drill"})
        return answer.is_success

    @contextmanager
    def channel(self) -> Iterator[Channel]:
        """A channel with publisher confirms, on a connection of its own."""
        connection = pika.BlockingConnection(pika.URLParameters(f"{self.amqp}?heartbeat=30&socket_timeout=3"))
        try:
            channel = connection.channel()
            channel.confirm_delivery()
            yield channel
        finally:
            if connection.is_open:
                connection.close()

    def publish(self, topology: Topology, bodies: Sequence[tuple[bytes, str]], headers: Document | None = None) -> None:
        """Persistent messages, each a body and a message id, into a work queue as a producer would; confirmed."""
        exchange = topology.exchange_to(topology.name)
        with self.channel() as channel:
            for body, message_id in bodies:
                properties = pika.BasicProperties(delivery_mode=2, message_id=message_id or None, headers=headers)
                channel.basic_publish(exchange, topology.name, body, properties, mandatory=True)

    def purge(self, queue: str) -> None:
        """No message waits in a queue."""
        self.api("DELETE", f"/queues/%2F/{queue}/contents")

    def counts(self) -> dict[str, QueueCounts]:
        """Every queue's messages, by name; as fresh as the broker's own counters."""
        listed = self.api("GET", "/queues/%2F?disable_stats=true&enable_queue_totals=true").json()
        return {
            one["name"]: QueueCounts(one.get("messages_ready", 0), one.get("messages_unacknowledged", 0))
            for one in listed
        }

    def ready(self, queue: str) -> int:
        """How many messages wait in a queue, at this moment."""
        with self.channel() as channel:
            return int(channel.queue_declare(queue, passive=True).method.message_count)

    def held(self, topology: Topology) -> int:
        """How many messages of the work queue are in the hands of workers; as fresh as the broker's own counters."""
        counts = self.counts()
        return sum(counts[name].unacknowledged for name in topology.works)

    def waiting(self, topology: Topology) -> list[Waiting]:
        """What waits in the work queue and the retry queues. A look counts as a delivery: only when all is over."""
        with self.channel() as channel:
            names = [*topology.works, *(queue.name for queue in topology.retries)]
            return [
                Waiting(message_id, key_of(body), name)
                for name in names
                for message_id, _, body in _take(channel, name, auto_ack=False)
            ]

    def take_dead(self, topology: Topology) -> list[Letter]:
        """The dead letters, out of their queue."""
        with self.channel() as channel:
            return [letter(*one) for one in _take(channel, topology.dead.name, auto_ack=True)]

    def close(self) -> None:
        """Close the connection to the management API."""
        self._http.close()


def letter(message_id: str, headers: Document, body: bytes) -> Letter:
    """A dead letter, as the ledger knows it."""
    told = why(headers)
    return Letter(message_id, key_of(body), told.reason, told.attempts)


def key_of(body: bytes) -> str:
    """The title of the task in a body; where there is none, the hash of the body."""
    try:
        title = json.loads(body)["title"]
    except (ValueError, TypeError, LookupError, RecursionError):
        title = None
    return title if isinstance(title, str) else hashlib.sha256(body).hexdigest()[:16]


def _take(channel: Channel, queue: str, auto_ack: bool) -> Iterator[tuple[str, Document, bytes]]:
    while True:
        method, properties, body = channel.basic_get(queue, auto_ack=auto_ack)
        if method is None:
            return
        yield properties.message_id or "", properties.headers or {}, body
