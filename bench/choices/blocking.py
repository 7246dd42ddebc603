"""Publishing with pika's blocking connection, where our publisher has a thread of its own and many publishes in flight.

Each publish has a connection to itself until the broker has confirmed. It promises the same but for one thing: pika
waits for a confirm without a deadline.
"""

import threading
from collections.abc import Callable
from typing import Any

import pika
from pika.exceptions import (
    AMQPError,
    ChannelWrongStateError,
    ConnectionWrongStateError,
    NackError,
    UnroutableError,
)

from app import metrics
from core.errors import BrokerUnavailable, PublishRefused, PublishUnconfirmed
from core.message import CONTENT_TYPE, Message
from core.settings import LIMITS, Settings
from core.topology import topology

Channel = Any
Connect = Callable[[pika.ConnectionParameters], Any]


class RequestPublisher:
    """Publishes over a connection of its own each time, as tutorials show it."""

    missing = ""
    """It knows nothing in advance: whether the broker is there, each publish finds out."""

    def __init__(self, settings: Settings, connect: Connect = pika.BlockingConnection) -> None:
        """Opens nothing; ``connect`` opens a blocking connection."""
        self._parameters = _parameters(settings)
        self._queues = topology(settings.rabbit_queue).queues
        self._connect = connect
        self._declared = False

    def publish(self, message: Message) -> None:
        """Return once the broker has the message safely; raise

        BrokerUnavailable or PublishRefused if it is certainly not queued, PublishUnconfirmed if nobody knows.
        """
        with metrics.Publishing():
            channel = self._take()
            try:
                self._send(channel, message)
                metrics.confirmed(1)
            finally:
                self._leave(channel)

    def close(self) -> None:
        """Nothing to do: connections that are kept end with the process, and no other thread may touch them."""

    def _take(self) -> Channel:
        """A channel that confirms; all queues are there."""
        try:
            channel = self._open()
            if not self._declared:
                self._declare(channel)
        except (AMQPError, OSError) as error:
            raise BrokerUnavailable(f"RabbitMQ does not answer ({type(error).__name__})") from error
        return channel

    def _open(self) -> Channel:
        channel = self._connect(self._parameters).channel()
        channel.confirm_delivery()
        return channel

    def _declare(self, channel: Channel) -> None:
        """Once a process, and again where a message has found no queue."""
        for queue in self._queues:
            channel.queue_declare(queue.name, durable=True, arguments=dict(queue.arguments))
        self._declared = True

    def _leave(self, channel: Channel) -> None:
        if channel.connection.is_open:
            channel.connection.close()

    def _send(self, channel: Channel, message: Message) -> None:
        try:
            channel.basic_publish("", message.queue, message.body, _properties(message), mandatory=True)
        except UnroutableError as error:
            self._declared = False
            raise PublishRefused(f"The queue {message.queue} is missing and will be declared again") from error
        except NackError as error:
            raise PublishRefused("RabbitMQ did not take the task: its queue is full or cannot be written") from error
        except (ChannelWrongStateError, ConnectionWrongStateError) as error:
            raise BrokerUnavailable("RabbitMQ has closed the channel") from error
        except AMQPError as error:
            raise PublishUnconfirmed(f"The connection was lost before RabbitMQ confirmed: {error!r}") from error


class ThreadPublisher(RequestPublisher):
    """Publishes over a connection that each thread keeps."""

    def __init__(self, settings: Settings, connect: Connect = pika.BlockingConnection) -> None:
        """Opens nothing; ``connect`` opens a blocking connection."""
        super().__init__(settings, connect)
        self._kept = threading.local()

    def _open(self) -> Channel:
        """The thread's own, as long as it is open."""
        channel = getattr(self._kept, "channel", None)
        if channel is None or not channel.is_open:
            self._kept.channel = channel = super()._open()
        return channel

    def _leave(self, channel: Channel) -> None:
        """It is kept for the thread's next request."""


def _parameters(settings: Settings) -> pika.ConnectionParameters:
    return pika.ConnectionParameters(
        host=settings.rabbit_host,
        port=settings.rabbit_port,
        credentials=pika.PlainCredentials(settings.rabbit_user, settings.rabbit_password),
        # A thread without a request answers no heartbeats, and the broker would close its connection for that.
        heartbeat=0,
        socket_timeout=LIMITS.connect_timeout,
        stack_timeout=LIMITS.connect_timeout,
        blocked_connection_timeout=LIMITS.publish_deadline,
    )


def _properties(message: Message) -> pika.BasicProperties:
    return pika.BasicProperties(
        content_type=CONTENT_TYPE,
        delivery_mode=pika.DeliveryMode.Persistent.value,
        message_id=message.message_id,
        correlation_id=message.correlation_id,
        app_id=message.app_id,
        headers=dict(message.headers),
    )
