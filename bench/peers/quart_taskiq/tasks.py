"""Taskiq's side of the job: the broker, its queues, and the task that stores one message."""

import os
from typing import Any

from pymongo.errors import PyMongoError
from taskiq import SmartRetryMiddleware
from taskiq_aio_pika import AioPikaBroker, Exchange, Queue, QueueType

from bench.peers.async_store import Store
from bench.peers.job import address, document, name_of
from core.message import Message
from core.settings import Settings, read

PREFETCH = 100
"""As many as a worker carries out at once (--max-async-tasks); the broker's own default is 10."""
FOR_GOOD = 1_000_000_000
SHORTEST_WAIT = 1.0
LONGEST_WAIT = 30.0
"""Seconds between two attempts."""


def connected(settings: Settings) -> Any:
    """The broker. Its queues are durable quorum queues and its messages persistent by default."""
    name = settings.rabbit_queue
    return AioPikaBroker(
        address(settings),
        qos=PREFETCH,
        exchange=Exchange(name=name),
        task_queues=[Queue(name=name, type=QueueType.QUORUM)],
        delay_queue=Queue(name=f"{name}.delay", type=QueueType.QUORUM),
        dead_letter_queue=Queue(name=f"{name}.dead", type=QueueType.QUORUM),
    ).with_middlewares(_retries())


def _retries() -> Any:
    """A failed task is acknowledged like any other: what is to be tried again must be published anew."""
    return SmartRetryMiddleware(
        default_retry_count=FOR_GOOD,
        default_retry_label=True,
        default_delay=SHORTEST_WAIT,
        use_jitter=True,
        use_delay_exponent=True,
        max_delay_exponent=LONGEST_WAIT,
        types_of_exceptions=(PyMongoError,),
    )


def with_task(broker: Any, settings: Settings) -> Any:
    """The task that stores one message."""
    store, name = Store(settings), name_of(settings)

    async def save(body: str) -> None:
        await store.insert(document(body.encode(), name))

    return broker.task(task_name="save")(save)


async def publish(task: Any, message: Message) -> None:
    """Returns when the broker has confirmed."""
    await task.kicker().with_task_id(message.message_id).kiq(message.body.decode())


def worker() -> Any:
    """What taskiq's worker runs."""
    settings = read(os.environ)
    broker = connected(settings)
    with_task(broker, settings)
    return broker
