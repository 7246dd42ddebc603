"""What passes between an exhibit and RabbitMQ: published, delivered, and not settled yet."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pika
from pika.spec import Basic

from lessons.kit import amqp
from lessons.kit.place import Place

SETTLING = {one.NAME for one in (Basic.Ack, Basic.Nack, Basic.Reject)}


@dataclass(frozen=True)
class Link:
    """Where an exhibit finds the broker, and what has passed."""

    relay: amqp.Relay

    @property
    def environ(self) -> dict[str, str]:
        """How an exhibit is told of it."""
        return {"RABBIT_HOST": self.relay.host, "RABBIT_PORT": str(self.relay.port)}

    @property
    def delivered(self) -> list[bytes]:
        """The bodies of all deliveries."""
        return [one.body for one in self.relay.of(Basic.Deliver.NAME)]

    @property
    def publishers(self) -> int:
        """Over how many connections something was published."""
        return len({one.connection for one in self.relay.of(Basic.Publish.NAME)})

    @property
    def unsettled(self) -> int:
        """On how many deliveries the exhibit has said nothing yet."""
        left: dict[tuple[int, int], set[int]] = defaultdict(set)
        for one in self.relay.of(Basic.Deliver.NAME, *SETTLING):
            tags = left[one.connection, one.channel]
            if not one.by_program and one.name == Basic.Deliver.NAME:
                tags.add(one.method.delivery_tag)
            elif one.by_program:
                settle(tags, one.method)
        return sum(map(len, left.values()))


def settle(unsettled: set[int], method: Any) -> None:
    """Takes out the tags that a worker acknowledges or rejects."""
    tag, multiple = method.delivery_tag, getattr(method, "multiple", False)
    unsettled -= {one for one in unsettled if one == tag or (multiple and (one < tag or not tag))}


@contextmanager
def between(place: Place, hook: amqp.Hook = amqp.nothing) -> Iterator[Link]:
    """In front of the broker while the block lasts."""
    broker = pika.URLParameters(place.addresses["rabbitmq"])
    with amqp.relay(broker.host, broker.port, hook) as relay:
        yield Link(relay)
