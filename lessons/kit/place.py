"""A student's own place in the lab: a queue, a collection and seeds that no other student has."""

import atexit
import random
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pika
from pika.exceptions import AMQPError, ChannelClosedByBroker
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import PyMongoError

from lessons.kit import program
from lessons.kit.verdict import CannotJudge

TIMEOUT = 5.0
DATABASE = "tasklab_lessons"
QUORUM = {"x-queue-type": "quorum"}
NOT_FOUND = 404
Channel = Any
Document = dict[str, Any]
Documents = Collection[Document]


@cache
def _client(uri: str) -> MongoClient[Document]:
    """One for all places of a process, closed with it."""
    client = MongoClient[Document](uri, tz_aware=True, timeoutMS=int(TIMEOUT * 1000))
    atexit.register(client.close)
    return client


@dataclass(frozen=True)
class Queue:
    """A queue as the broker has it at this moment."""

    name: str
    ready: int
    consumers: int


@dataclass(frozen=True)
class Place:
    """Where one student's answer to one lesson is tried."""

    student: str
    """A name that can stand in the name of a queue: lower-case letters, digits and hyphens."""
    lesson: int
    folder: Path
    """The student's files."""
    scratch: Path
    """For what programs print, and other short-lived files."""
    addresses: Mapping[str, Any]
    """Of the lab: http, rabbitmq, management, mongo, db, queue."""
    attempt: int = 0
    """Another number gives other words and other times."""

    @property
    def name(self) -> str:
        """What everything of this student in this lesson is called."""
        return f"lesson.{self.student}.{self.lesson:02d}"

    queue = name

    @property
    def random(self) -> random.Random:
        """Chance that is the student's own, and the same each time for the same attempt."""
        digest = sha256(f"{self.student}/{self.lesson}/{self.attempt}".encode()).digest()
        return random.Random(digest)

    @property
    def word(self) -> str:
        """A word that only this student's check has, for titles."""
        return "".join(self.random.choices("bcdfghjklmnpqrstvwxz", k=8))

    @property
    def environ(self) -> dict[str, str]:
        """What the student's programs are told."""
        rabbit = pika.URLParameters(self.addresses["rabbitmq"])
        return {
            "LAB_HTTP": self.addresses["http"],
            "RABBIT_HOST": rabbit.host,
            "RABBIT_PORT": str(rabbit.port),
            "RABBIT_USER": rabbit.credentials.username,
            "RABBIT_PASSWORD": rabbit.credentials.password,
            "RABBIT_MANAGEMENT": self.addresses["management"],
            "RABBIT_QUEUE": self.queue,
            "MONGO_URI": self.addresses["mongo"],
            "DB_NAME": DATABASE,
            "COLLECTION": self.name,
            "LAB_SCRATCH": str(self.scratch.resolve()),
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        }

    @property
    def full_environ(self) -> dict[str, str]:
        """The same with everything that a program gets anyway."""
        return program.environ(self.environ)

    def http(self, timeout: float = TIMEOUT) -> httpx.Client:
        """A client of the lab, through nginx."""
        return httpx.Client(base_url=self.addresses["http"], timeout=timeout, trust_env=False)

    def management(self) -> httpx.Client:
        """A client of the broker's management API."""
        own = self.environ
        login = (own["RABBIT_USER"], own["RABBIT_PASSWORD"])
        base = f"{self.addresses['management']}/api"
        return httpx.Client(base_url=base, auth=login, timeout=TIMEOUT, trust_env=False)

    @contextmanager
    def channel(self) -> Iterator[Channel]:
        """A channel of the check's own; CannotJudge where the broker does not answer."""
        try:
            connection = pika.BlockingConnection(pika.URLParameters(f"{self.addresses['rabbitmq']}?socket_timeout=3"))
        except (AMQPError, OSError) as error:
            raise CannotJudge(f"RabbitMQ does not answer ({type(error).__name__})", "./lab start rabbitmq") from error
        try:
            yield connection.channel()
        finally:
            if connection.is_open:
                connection.close()

    def declare(self) -> None:
        """The student's queue is there, durable and replicated, and empty."""
        self.delete()
        with self.channel() as channel:
            channel.queue_declare(self.queue, durable=True, arguments=QUORUM)

    def delete(self) -> None:
        """Every queue and exchange of this student's in this lesson is gone."""
        with self.management() as http, self.channel() as channel:
            for queue in self._own(http, "queues"):
                channel.queue_delete(queue)
            for exchange in self._own(http, "exchanges"):
                channel.exchange_delete(exchange)

    def queues(self) -> list[str]:
        """The names of this student's queues in this lesson."""
        with self.management() as http:
            return sorted(self._own(http, "queues"))

    def _own(self, http: httpx.Client, kind: str) -> list[str]:
        """The names of those that belong to this student and lesson."""
        names = [one["name"] for one in http.get(f"/{kind}/%2F?disable_stats=true").raise_for_status().json()]
        return [name for name in names if name == self.name or name.startswith(f"{self.name}.")]

    def look(self, queue: str = "") -> Queue | None:
        """The student's queue at this moment; None where there is none."""
        with self.channel() as channel:
            try:
                method = channel.queue_declare(queue or self.queue, passive=True).method
            except ChannelClosedByBroker as error:
                if error.reply_code == NOT_FOUND:
                    return None
                raise
            return Queue(method.queue, method.message_count, method.consumer_count)

    @property
    def documents(self) -> Documents:
        """The student's collection."""
        return _client(self.addresses["mongo"])[DATABASE][self.name]

    def clean(self) -> None:
        """Nothing of an earlier check is left; CannotJudge where the lab does not let it be cleaned."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        try:
            self.delete()
            self.documents.drop()
        except (httpx.HTTPError, PyMongoError, AMQPError) as error:
            raise CannotJudge(f"the lab does not answer: {type(error).__name__}: {error}", "./lab status") from error

    def finish(self, file: str, *arguments: str, **environ: str) -> program.Ended:
        """Runs the student's program to its end."""
        return program.finish(self.folder, file, arguments, {**self.environ, **environ})

    def running(self, file: str, *arguments: str, **environ: str) -> AbstractContextManager[program.Running]:
        """The student's program, while the block lasts."""
        log = self.scratch / f"{Path(file).stem}.log"
        return program.running(self.folder, file, arguments, {**self.environ, **environ}, log)
