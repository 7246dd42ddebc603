"""Dramatiq's side of the job: the broker, and the actor that stores one message."""

import os
from typing import Any

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker

from bench.peers.job import address, document, name_of
from bench.peers.store import Store
from core.errors import DecodeError
from core.message import Message
from core.settings import Settings, read

SHORTEST_WAIT = 1_000
LONGEST_WAIT = 30_000
"""Milliseconds between two attempts."""


class QuorumBroker(RabbitmqBroker):  # type: ignore[misc]
    """Dramatiq's broker, with quorum queues; it has no setting for them, and declares classic ones."""

    def _build_queue_arguments(self, queue_name: str) -> dict[str, Any]:
        """Of the work queue and the queue of delayed messages; the dead letters stay in a classic queue."""
        return {**super()._build_queue_arguments(queue_name), "x-queue-type": "quorum"}


def connected(settings: Settings) -> QuorumBroker:
    """The broker that actors are declared on. It connects when it is first used, each thread on its own."""
    broker = QuorumBroker(url=address(settings), confirm_delivery=True)
    dramatiq.set_broker(broker)
    return broker


def with_actor(broker: QuorumBroker, settings: Settings) -> Any:
    """The actor that stores one message, tried again for as long as it fails; by default 20 times."""
    store, name = Store(settings), name_of(settings)

    def save(body: str) -> None:
        store.insert(document(body.encode(), name))

    return dramatiq.actor(
        save,
        broker=broker,
        queue_name=settings.rabbit_queue,
        max_retries=None,
        min_backoff=SHORTEST_WAIT,
        max_backoff=LONGEST_WAIT,
        # To the dead letters at once.
        throws=DecodeError,
    )


def publish(actor: Any, message: Message) -> None:
    """Returns when the broker has confirmed."""
    actor.send(message.body.decode())


def worker() -> None:
    """What Dramatiq's worker calls before it starts."""
    settings = read(os.environ)
    with_actor(connected(settings), settings)
