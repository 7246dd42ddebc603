"""Letters in a queue, over AMQP: looked at without changing their order, moved and deleted.

What is taken and not acknowledged goes back when the connection closes. A quorum queue then returns in the old order
what one consumer held, but in any order what was fetched with ``basic.get`` or is rejected in numbers. So letters are
taken by consumers: each takes as many as its prefetch allows, and is cancelled before any of them is acknowledged.
"""

import logging
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cli.errors import Failed
from cli.language import _
from core.letters import revive
from core.message import CONTENT_TYPE, Message

HEARTBEAT = 4
"""A broker that has frozen is given up after two or three of them."""
TIMEOUT = 3
SILENCE = 2.0
"""What has not come by then is in somebody else's hands."""
MOMENT = 0.02
HAND = 200
"""So many letters at once are in memory while they are moved."""
MOST_HELD = 65_535
"""AMQP counts a prefetch in 16 bits."""
PERSISTENT = 2

Connection = Any
Channel = Any


class BrokerFailed(Failed):
    """The broker did not answer, or refused."""


@dataclass(frozen=True)
class Letter:
    """A message that is taken from its queue, and goes back unless it is acknowledged on its channel."""

    number: int
    """1 for the oldest."""
    channel: Channel
    delivery: Any
    properties: Any
    body: bytes

    @property
    def id(self) -> str:
        """Its message id; empty where it has none."""
        return str(self.properties.message_id or "")

    @property
    def headers(self) -> dict[str, Any]:
        """Its headers; empty where it has none."""
        return dict(self.properties.headers or {})

    def revived(self, queue: str) -> Message:
        """The message for a new start in ``queue``."""
        own = self.properties
        ids = (own.message_id or "", own.correlation_id or "", own.app_id or "")
        return revive(Message(self.delivery.routing_key, self.body, *ids, self.headers), queue)


@contextmanager
def opened(url: str) -> Iterator[Connection]:
    """A connection for as long as the block lasts; what the broker refuses in it is BrokerFailed, in bounded time."""
    from pika.exceptions import AMQPError

    connection = _connect(url)
    try:
        try:
            yield connection
        finally:
            if connection.is_open:
                connection.close()
    except AMQPError as error:
        raise _failed(error) from error


def _connect(url: str) -> Connection:
    import pika
    from pika.adapters.utils.connection_workflow import AMQPConnectorException
    from pika.exceptions import AMQPError

    # It would log every failure with its stack trace; the same is said in words.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    parameters = pika.URLParameters(url)
    parameters.heartbeat = HEARTBEAT
    parameters.socket_timeout = parameters.stack_timeout = parameters.blocked_connection_timeout = TIMEOUT
    try:
        return pika.BlockingConnection(parameters)
    except (AMQPError, AMQPConnectorException, OSError) as error:
        raise _failed(error) from error


def _failed(error: Exception) -> BrokerFailed:
    # What pika says of a connection that it could not make is a list of addresses it tried, if anything.
    said = f"{type(error).__name__}: {error}" if type(error).__module__ == "pika.exceptions" and str(error) else ""
    return BrokerFailed(said or _("it does not answer"), part="rabbitmq", mend="./lab start rabbitmq\n./lab status")


def count(connection: Connection, queue: str) -> int:
    """How many letters can be taken from a queue."""
    channel = connection.channel()
    ready = int(channel.queue_declare(queue, passive=True).method.message_count)
    channel.close()
    return ready


def look(connection: Connection, queue: str, most: int) -> Iterator[Letter]:
    """The first ``most`` letters, or as many as there are, the oldest first. Use it up before one is acknowledged."""
    number = 0
    while number < most:
        before = number
        for letter in _taken(connection, queue, number, min(most - number, MOST_HELD)):
            number = letter.number
            yield letter
        if number == before:
            return


def _taken(connection: Connection, queue: str, number: int, size: int) -> Iterator[Letter]:
    """What one consumer takes, numbered on from ``number``."""
    channel = connection.channel()
    channel.basic_qos(prefetch_count=size)
    arrived: deque[tuple[Any, ...]] = deque()
    consumer = channel.basic_consume(queue, lambda *delivery: arrived.append(delivery))
    for place in range(number + 1, number + size + 1):
        if not _arrives(connection, arrived):
            break
        yield Letter(place, *arrived.popleft())
    # With a free place in its hands again, a consumer would be given the next letters.
    channel.basic_cancel(consumer)


def _arrives(connection: Connection, arrived: deque[tuple[Any, ...]]) -> bool:
    """Whether there is a delivery, now or soon."""
    deadline = time.monotonic() + SILENCE
    while not arrived and (left := deadline - time.monotonic()) > 0:
        # It returns early for events of other kinds, too.
        connection.process_data_events(time_limit=left)
    return bool(arrived)


def hands(connection: Connection, queue: str, most: int) -> Iterator[list[Letter]]:
    """The first ``most`` letters, some at a time; those not acknowledged when the next are asked for go back."""
    done = 0
    while done < most:
        hand = list(look(connection, queue, min(HAND, most - done)))
        if not hand:
            return
        yield hand
        done += len(hand)
        hand[0].channel.close()


def confirming(connection: Connection) -> Channel:
    """A channel on which a publish returns when the broker has confirmed it, and raises where it has not."""
    channel = connection.channel()
    channel.confirm_delivery()
    return channel


def requeue(publisher: Channel, letter: Letter, queue: str, exchange: str = "") -> None:
    """Has ``queue`` confirm a copy with a new start, and only then lets the letter go: it is never nowhere."""
    import pika

    message = letter.revived(queue)
    properties = pika.BasicProperties(
        content_type=letter.properties.content_type or CONTENT_TYPE,
        content_encoding=letter.properties.content_encoding,
        delivery_mode=PERSISTENT,
        message_id=letter.properties.message_id,
        correlation_id=letter.properties.correlation_id,
        app_id=letter.properties.app_id,
        timestamp=letter.properties.timestamp,
        headers=dict(message.headers),
    )
    publisher.basic_publish(exchange, queue, message.body, properties, mandatory=True)
    letter.channel.basic_ack(letter.delivery.delivery_tag)


def erase(letter: Letter) -> None:
    """Deletes it, and gives the broker a moment: of many acknowledgements at once some are lost with the channel."""
    letter.channel.basic_ack(letter.delivery.delivery_tag)
    letter.channel.connection.process_data_events(time_limit=MOMENT)


def drop(connection: Connection, queue: str, most: int) -> Iterator[Letter]:
    """The first ``most`` letters, each deleted when it is given out."""
    for hand in hands(connection, queue, most):
        # One acknowledgement for all of them, for the reason above.
        hand[-1].channel.basic_ack(hand[-1].delivery.delivery_tag, multiple=True)
        yield from hand
