"""The queue and a message for it, as RabbitMQ's tutorials have them."""

import pika
from pika.adapters.blocking_connection import BlockingChannel

from bench.peers.job import address
from core.message import CONTENT_TYPE, Message
from core.settings import Settings

ARGUMENTS = {"x-queue-type": "quorum"}


def connect(settings: Settings) -> pika.BlockingConnection:
    """A connection to the broker."""
    return pika.BlockingConnection(pika.URLParameters(address(settings)))


def open_channel(connection: pika.BlockingConnection, queue: str) -> BlockingChannel:
    """A channel, and the queue is there."""
    channel = connection.channel()
    channel.queue_declare(queue, durable=True, arguments=ARGUMENTS)
    return channel


def publish(channel: BlockingChannel, message: Message) -> None:
    """Returns when the broker has confirmed, if the channel is in confirm mode."""
    properties = pika.BasicProperties(
        delivery_mode=pika.DeliveryMode.Persistent.value, content_type=CONTENT_TYPE, message_id=message.message_id
    )
    channel.basic_publish("", message.queue, message.body, properties, mandatory=True)
