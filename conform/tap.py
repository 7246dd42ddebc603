"""A look at messages on their way: taken from the queue before any worker gets them, and given back.

Consumers have priorities; one with a higher one is served first. What was taken and not acknowledged goes back when the
tap is closed, and counts as redelivered from then on.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from conform.service import Channel, Service

ARRIVES_WITHIN = 5.0
PRIORITY = 100
WORKERS_GET_NOTHING: dict[str, Any] = {"x-priority": PRIORITY}


@dataclass(frozen=True)
class Letter:
    """A message as the broker delivers it."""

    properties: Any
    body: bytes

    @property
    def headers(self) -> dict[str, Any]:
        """Its headers; empty where it has none."""
        return dict(self.properties.headers or {})


@dataclass
class Tap:
    """What has come since it was opened."""

    channel: Channel
    letters: list[Letter] = field(default_factory=list)

    def find(self, is_it: Callable[[Letter], bool], within: float = ARRIVES_WITHIN) -> Letter | None:
        """The first that is it; waits for it."""
        ends = time.monotonic() + within
        while True:
            found = next(filter(is_it, self.letters), None)
            if found or time.monotonic() > ends:
                return found
            self.channel.connection.process_data_events(0.02)


@contextmanager
def tap(service: Service) -> Iterator[Tap]:
    """Open while the block lasts."""
    with service.channel() as channel:
        found = Tap(channel)

        def take(_: Channel, __: Any, properties: Any, body: bytes) -> None:
            found.letters.append(Letter(properties, body))

        tag = channel.basic_consume(service.queue, take, arguments=WORKERS_GET_NOTHING)
        try:
            yield found
        finally:
            channel.basic_cancel(tag)
            channel.basic_nack(0, multiple=True, requeue=True)


def letters_of(service: Service, queue: str, ids: set[str], keep: bool = False) -> list[Letter]:
    """What a queue holds with one of these message ids, which is taken out of it; the rest stays.

    ``keep``: nothing is taken out.
    """
    found = []
    with service.channel() as channel:
        others = []
        while (got := channel.basic_get(queue))[0]:
            method, properties, body = got
            ours = properties.message_id in ids
            if ours:
                found.append(Letter(properties, body))
            if ours and not keep:
                channel.basic_ack(method.delivery_tag)
            else:
                others.append(method.delivery_tag)
        for tag in others:
            channel.basic_nack(tag, requeue=True)
    return found
