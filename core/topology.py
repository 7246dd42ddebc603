"""The queues of the lab, as data. Names and arguments of queues stand here and nowhere else.

All of them are durable quorum queues on the default exchange, whose routing key is the queue's name. With more than one
shard, new tasks go to an exchange instead that spreads them over the shards by their ids. The first shard is the work
queue itself, so that a lab which gets more shards goes on with what it has (docs/decisions/0011-shards.md).

Queue arguments must be the same at every declaration, or RabbitMQ answers 406 PRECONDITION_FAILED. So those of a queue
do not depend on how many shards there are, and each number of shards has an exchange of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

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
class Shard:
    """A work queue, and the queues in which its tasks wait for another attempt."""

    work: Queue
    retries: tuple[Queue, ...]


@dataclass(frozen=True)
class Exchange:
    """An exchange as it is declared, and the queues that it spreads messages over."""

    name: str
    kind: str
    plugin: str
    """Of RabbitMQ, that brings this kind."""
    arguments: Arguments
    queues: tuple[str, ...]
    weight: str
    """The routing key of a binding, by which this kind of exchange understands how much of it a queue gets."""


@dataclass(frozen=True)
class Topology:
    """The shards of a work queue, and what belongs to them."""

    name: str
    """What tasks are published to, and called after: the work queue as a whole."""
    shards: tuple[Shard, ...]
    dead: Queue

    @cached_property
    def works(self) -> tuple[str, ...]:
        """The queues that workers consume."""
        return tuple(shard.work.name for shard in self.shards)

    @property
    def retries(self) -> tuple[Queue, ...]:
        """All queues in which tasks wait for another attempt."""
        return tuple(queue for shard in self.shards for queue in shard.retries)

    @property
    def queues(self) -> tuple[Queue, ...]:
        """All of them, those first that others dead-letter to."""
        return (self.dead, *(shard.work for shard in self.shards), *self.retries)

    @cached_property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What spreads tasks over the shards; nothing where there is one."""
        if len(self.shards) == 1:
            return ()
        # By a property that keeps its value on every way; the routing key of a dead letter is another one.
        arguments = {"hash-property": "message_id"}
        name = f"{self.name}.shards.{len(self.shards)}"
        return (Exchange(name, "x-consistent-hash", "rabbitmq_consistent_hash_exchange", arguments, self.works, "1"),)

    def exchange_to(self, queue: str) -> str:
        """The exchange through which a message gets to ``queue``; the default one has an empty name."""
        return self.exchanges[0].name if queue == self.name and self.exchanges else ""

    def shard_of(self, queue: str) -> Shard:
        """The shard that a worker consumes as ``queue``."""
        return next(shard for shard in self.shards if shard.work.name == queue)


def topology(name: str, shards: int = 1) -> Topology:
    """The queues around the work queue ``name``."""
    dead = f"{name}.dead"
    names = [name, *(f"{name}.{number}" for number in range(2, shards + 1))]
    return Topology(
        name=name,
        shards=tuple(_shard(one, dead) for one in names),
        dead=Queue(dead, {**_quorum(), "x-delivery-limit": DEAD_DELIVERY_LIMIT}),
    )


def _shard(name: str, dead: str) -> Shard:
    return Shard(
        work=Queue(name, {**_quorum(), **_dead_letters_to(dead), "x-delivery-limit": DELIVERY_LIMIT}),
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
