"""FastStream's side of the job: the broker, the queue, and the subscriber that stores one message."""

import os
from typing import Any

from faststream import AckPolicy, FastStream
from faststream.exceptions import RejectMessage
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitMessage, RabbitQueue

from bench.peers.async_store import Store
from bench.peers.job import address, document, name_of
from core.errors import DecodeError
from core.message import CONTENT_TYPE, Message
from core.settings import LIMITS, Settings, read
from core.topology import DEAD_DELIVERY_LIMIT

PREFETCH = 100
"""Messages at hand, all in work at once; with 500 it was no faster."""


def connected(settings: Settings) -> Any:
    """The broker. Its channels confirm by default; what no queue takes is told only with ``on_return_raises``.

    No logger: FastStream writes two lines a message, which takes a quarter of its speed even where they are not shown.
    """
    return RabbitBroker(address(settings), default_channel=Channel(on_return_raises=True), logger=None)


def queue(settings: Settings) -> Any:
    """The queue. Each failed attempt is a delivery, so it must not give a message up after 20, as RabbitMQ 4 would."""
    arguments = {"x-delivery-limit": DEAD_DELIVERY_LIMIT}
    return RabbitQueue(settings.rabbit_queue, queue_type=QueueType.QUORUM, arguments=arguments)


async def publish(broker: Any, message: Message) -> None:
    """Returns when the broker has confirmed. ``persist`` is off by default."""
    await broker.publish(
        message.body,
        queue=message.queue,
        persist=True,
        content_type=CONTENT_TYPE,
        message_id=message.message_id,
        timeout=LIMITS.publish_deadline,
    )


async def _undecoded(message: RabbitMessage) -> bytes:
    return bytes(message.body)


def worker() -> Any:
    """What FastStream's command line runs."""
    settings = read(os.environ)
    broker, store, name = connected(settings), Store(settings), name_of(settings)

    async def save(message: RabbitMessage) -> None:
        redelivered = bool(message.raw_message.redelivered)
        try:
            made = document(message.body, name, redelivered=redelivered)
        except DecodeError as error:
            raise RejectMessage from error
        await store.insert(made)

    subscribed = broker.subscriber(
        queue(settings),
        channel=Channel(prefetch_count=PREFETCH),
        # By default a failed message is rejected and, without a dead-letter exchange, deleted.
        ack_policy=AckPolicy.NACK_ON_ERROR,
        # Our core decodes; FastStream need not do it before, and give back for good what is no JSON.
        decoder=_undecoded,
    )
    subscribed(save)
    return FastStream(broker, logger=None)
