"""RabbitMQ as seen from outside: raw messages into the work queue, a look at the dead letters."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pika

from core.topology import topology
from tests.support.waiting import wait_until

Channel = Any


@dataclass(frozen=True)
class Letter:
    """A message taken from a queue."""

    body: bytes
    message_id: str
    headers: dict[str, Any]
    delivery_mode: int
    content_type: str
    correlation_id: str


@dataclass
class Broker:
    """The broker of the stack. Connections are opened for each use, so that a restart in between does no harm."""

    url: str
    queue: str
    dead: list[Letter] = field(default_factory=list)
    """Every dead letter seen so far; looking takes them out of the queue."""

    @contextmanager
    def channel(self) -> Iterator[Channel]:
        """A channel with publisher confirms."""
        connection = pika.BlockingConnection(pika.URLParameters(f"{self.url}?heartbeat=30&socket_timeout=3"))
        try:
            channel = connection.channel()
            channel.confirm_delivery()
            yield channel
        finally:
            connection.close()

    def publish(self, body: bytes, message_id: str | None = None, headers: dict[str, Any] | None = None) -> None:
        """One persistent message into the work queue, confirmed."""
        self.publish_all([(body, message_id)], headers)

    def publish_all(self, messages: list[tuple[bytes, str | None]], headers: dict[str, Any] | None = None) -> None:
        """Persistent messages into the work queue, in this order, confirmed."""
        with self.channel() as channel:
            for body, message_id in messages:
                properties = pika.BasicProperties(delivery_mode=2, message_id=message_id, headers=headers)
                channel.basic_publish("", self.queue, body, properties, mandatory=True)

    def depth(self, queue: str | None = None) -> int:
        """How many messages are ready in a queue (default: the work queue)."""
        with self.channel() as channel:
            return int(channel.queue_declare(queue or self.queue, passive=True).method.message_count)

    def waiting_for_retry(self) -> int:
        """How many messages are ready in the retry queues."""
        return sum(self.depth(retry.name) for retry in topology(self.queue).retries)

    def look(self, queue: str | None = None) -> list[Letter]:
        """What is ready in a queue (default: the work queue); everything goes back."""
        with self.channel() as channel:
            return list(_take(channel, queue or self.queue, auto_ack=False))

    def dead_letters(self, matching: Callable[[Letter], bool]) -> list[Letter]:
        """The dead letters that match, among all seen so far and those that wait now."""
        with self.channel() as channel:
            self.dead += _take(channel, topology(self.queue).dead.name, auto_ack=True)
        return [letter for letter in self.dead if matching(letter)]

    def wait_for_dead(self, matching: Callable[[Letter], bool], count: int = 1, within: float = 10) -> list[Letter]:
        """That many dead letters; waits for them."""
        what = f"{count} dead letters"
        return wait_until(lambda: found if len(found := self.dead_letters(matching)) >= count else [], within, what)


def _take(channel: Channel, queue: str, auto_ack: bool) -> Iterator[Letter]:
    while True:
        method, properties, body = channel.basic_get(queue, auto_ack=auto_ack)
        if method is None:
            return
        yield Letter(
            body,
            properties.message_id or "",
            properties.headers or {},
            properties.delivery_mode,
            properties.content_type or "",
            properties.correlation_id or "",
        )


def encoded(document: dict[str, Any]) -> bytes:
    """A message body as a producer would write it."""
    return json.dumps(document).encode()
