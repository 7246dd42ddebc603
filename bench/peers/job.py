"""The job, the same for every peer and made of our core; what surrounds it is the peer's library's."""

import os
import socket
import time
from collections.abc import Iterator
from urllib.parse import quote

from bench.fill import NOTES, TITLE
from core.accept import Producer
from core.clock import at
from core.enrich import Document, Receipt, enrich
from core.ids import new_id
from core.message import Message, decode, encode
from core.settings import Settings
from core.task import Task

PREFIX = "bench."
HOST = socket.gethostname()


def name_of(settings: Settings) -> str:
    """The peer's name, which is that of its queue: source and worker of the tasks that it stores."""
    return settings.rabbit_queue.removeprefix(PREFIX)


def producer(settings: Settings) -> Producer:
    """Who accepts this peer's tasks."""
    return Producer(name_of(settings), HOST)


def address(settings: Settings) -> str:
    """Where the broker is, as most libraries want to be told."""
    login = f"{quote(settings.rabbit_user, safe='')}:{quote(settings.rabbit_password, safe='')}"
    return f"amqp://{login}@{settings.rabbit_host}:{settings.rabbit_port}/%2F"


def document(body: bytes, worker: str, attempt: int = 1, redelivered: bool = False) -> Document:
    """What to store for a message; raises DecodeError for one that is no task."""
    received = at(time.time())
    task = decode(body)
    return enrich(task, Receipt(worker, HOST, attempt, redelivered, received), at(time.time()))


def backlog(settings: Settings, count: int) -> Iterator[Message]:
    """That many messages with an id each, like those of ours that fill a queue."""
    source = name_of(settings)
    for _ in range(count):
        now = time.time()
        task_id = new_id(int(now * 1000), os.urandom(10))
        task = Task(
            id=task_id, title=TITLE, notes=NOTES, source=source, host=HOST, request_id=task_id, accepted=at(now)
        )
        yield encode(task, settings.rabbit_queue)
