"""Messages through the broker and nothing else: how many it takes, and gives, whatever happens to them afterwards."""

import time
from collections.abc import Sequence

import pika

from app.publisher import Publisher
from core.message import Message
from core.settings import LIMITS, Settings
from core.topology import topology
from drills.waiting import wait_until

TOGETHER = 1_000
"""So many wait for the broker's confirm at once."""
ACKNOWLEDGED = 100
"""So many are acknowledged together."""
READY_WITHIN = 60.0
MOMENT = 0.5
WITHIN = 300.0


class Stuck(OSError):
    """Not everything has come in time."""


def publish(settings: Settings, messages: Sequence[Message]) -> float:
    """Seconds until the broker has confirmed them all, as our APIs publish; raises where it has not."""
    publisher = Publisher(settings, "bench")
    publisher.start()
    try:
        wait_until(lambda: not publisher.missing, READY_WITHIN, "every queue is declared")
        begun = time.perf_counter()
        for first in range(0, len(messages), TOGETHER):
            for error in filter(None, publisher.publish_all(messages[first : first + TOGETHER])):
                raise error
        return time.perf_counter() - begun
    finally:
        publisher.close()


def consume(settings: Settings, url: str, count: int) -> float:
    """Seconds until that many have been taken from all shards and acknowledged."""
    names = topology(settings.rabbit_queue, settings.queue_shards).works
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=LIMITS.prefetch // len(names))
        taken = [0]

        def take(_: object, method: pika.spec.Basic.Deliver, __: object, ___: bytes) -> None:
            taken[0] += 1
            if taken[0] % ACKNOWLEDGED == 0 or taken[0] == count:
                channel.basic_ack(method.delivery_tag, multiple=True)

        begun = time.perf_counter()
        for name in names:
            channel.basic_consume(name, take)
        while taken[0] < count:
            connection.process_data_events(time_limit=MOMENT)
            if time.perf_counter() - begun > WITHIN:
                raise Stuck(f"{taken[0]} of {count} messages have come")
        return time.perf_counter() - begun
