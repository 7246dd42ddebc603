"""A work queue and a database of a test's own, for programs of its own. Both are gone afterwards."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import pika

from bench.fill import fill
from core.documents import COLLECTION
from core.settings import read
from core.task import Work
from core.topology import topology
from tests.support import database
from tests.support.accounting import Tasks
from tests.support.api import unique
from tests.support.broker import Broker
from tests.support.stack import Stack


@dataclass(frozen=True)
class Place:
    """Where programs of a test's own work."""

    broker: Broker
    """With a work queue that nobody else knows."""
    tasks: Tasks
    """A collection that nobody else knows."""
    environ: Mapping[str, str]
    """What such a program is told."""

    def fill(self, count: int) -> None:
        """Put that many tasks into the queue."""
        fill(read(self.environ), count, "place", Work())

    def stored(self) -> int:
        """How many tasks are stored, as the database knows without counting."""
        return self.tasks.estimated_document_count()


@contextmanager
def place(stack: Stack) -> Iterator[Place]:
    """A place with its queues declared and empty."""
    name = unique("place")
    broker = Broker(stack.addresses["rabbitmq"], name)
    with database.tasks(stack) as tasks, queues(broker):
        client = tasks.database.client
        try:
            yield Place(broker, client[name][COLLECTION], _environ(stack, name))
        finally:
            client.drop_database(name)


@contextmanager
def queues(broker: Broker) -> Iterator[None]:
    """The broker's work queue and those that belong to it are there while the block lasts."""
    declared = topology(broker.queue).queues
    with broker.channel() as channel:
        for queue in declared:
            channel.queue_declare(queue.name, durable=True, arguments=dict(queue.arguments))
    try:
        yield
    finally:
        with broker.channel() as channel:
            for queue in declared:
                channel.queue_delete(queue.name)


def _environ(stack: Stack, name: str) -> dict[str, str]:
    rabbit = pika.URLParameters(stack.addresses["rabbitmq"])
    return {
        "RABBIT_HOST": rabbit.host,
        "RABBIT_PORT": str(rabbit.port),
        "RABBIT_USER": rabbit.credentials.username,
        "RABBIT_PASSWORD": rabbit.credentials.password,
        "RABBIT_QUEUE": name,
        "MONGO_URI": stack.addresses["mongo"],
        "DB_NAME": name,
    }
