"""The twins as a drill sees them: each with a queue of its own, so that one run drills both and tells them apart."""

from dataclasses import dataclass, replace

from core.topology import Topology, topology


@dataclass(frozen=True)
class Side:
    """One twin: its name behind nginx, its two services, and its work queue."""

    name: str
    api: str
    worker: str
    package: str
    queue: str
    shards: int = 1

    @property
    def topology(self) -> Topology:
        """The work queue and those that belong to it."""
        return topology(self.queue, self.shards)

    @property
    def services(self) -> tuple[str, str]:
        """What ``./lab`` calls its API and its worker."""
        return self.api, self.worker


FLASK = Side("flask", "flask", "pyworker", "app", "drill_queue.sync")
ASYNC = Side("async", "asyncapp", "asyncworker", "asyncapp", "drill_queue.async")
SIDES = (FLASK, ASYNC)


def sharded(shards: int) -> tuple[Side, ...]:
    """The twins, each with that many queues."""
    return tuple(replace(side, shards=shards) for side in SIDES)


def side_of(service: str) -> Side | None:
    """The twin that a service belongs to; None for what both share."""
    return next((side for side in SIDES if service in side.services), None)
