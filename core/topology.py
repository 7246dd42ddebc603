"""The queues of the lab, as data. Names and arguments of queues stand here and nowhere else.

All of them are durable quorum queues on the default exchange, whose routing key is the queue's name. Queue arguments
must be the same at every declaration, or RabbitMQ answers 406 PRECONDITION_FAILED.
"""

from collections.abc import Mapping
from dataclasses import dataclass

DELIVERY_LIMIT = 20
# People look at dead letters and put them back, and RabbitMQ 4 drops what was delivered 20 times unless told otherwise.
DEAD_DELIVERY_LIMIT = 1_000_000_000
RETRY_DELAYS_MS = (1_000, 5_000, 25_000)

Arguments = Mapping[str, str | int]


@dataclass(frozen=True)
class Queue:
    """A queue as it is declared."""

    name: str
    arguments: Arguments

    @property
    def delay_ms(self) -> int:
        """How long a message waits in a retry queue at most; 0 for the other queues."""
        return int(self.arguments.get("x-message-ttl", 0))


@dataclass(frozen=True)
class Topology:
    """The work queue and the queues that belong to it."""

    work: Queue
    dead: Queue
    retries: tuple[Queue, ...]

    @property
    def queues(self) -> tuple[Queue, ...]:
        """All of them, those first that others dead-letter to."""
        return (self.dead, self.work, *self.retries)


def topology(name: str) -> Topology:
    """The queues around the work queue ``name``."""
    dead = f"{name}.dead"
    return Topology(
        work=Queue(name, {**_quorum(), **_dead_letters_to(dead), "x-delivery-limit": DELIVERY_LIMIT}),
        dead=Queue(dead, {**_quorum(), "x-delivery-limit": DEAD_DELIVERY_LIMIT}),
        retries=tuple(_retry_queue(name, delay) for delay in RETRY_DELAYS_MS),
    )


def _retry_queue(name: str, delay_ms: int) -> Queue:
    """Nobody consumes it: a message stays until its time is over and is then dead-lettered back to the work queue."""
    return Queue(f"{name}.retry.{delay_ms}", {**_quorum(), **_dead_letters_to(name), "x-message-ttl": delay_ms})


def _quorum() -> dict[str, str | int]:
    return {"x-queue-type": "quorum"}


def _dead_letters_to(queue: str) -> dict[str, str | int]:
    """At-least-once needs the strategy, reject-publish and an exchange together; else it silently is at-most-once."""
    return {
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": queue,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
