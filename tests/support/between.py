"""Relays between programs of a test's own and both servers."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Event

import pika
from pymongo.uri_parser import parse_uri

from cli.ports import LOOPBACK
from tests.support.protocols import commands, frames, nothing
from tests.support.relay import Reader, Relay
from tests.support.stack import Stack


@dataclass(frozen=True)
class Between:
    """One relay to the broker, one to the database."""

    broker: Relay
    database: Relay

    @property
    def environ(self) -> Mapping[str, str]:
        """What sends a program to them."""
        return {
            "RABBIT_HOST": LOOPBACK,
            "RABBIT_PORT": str(self.broker.port),
            # Directly: a replica set tells its clients where it is, and they would go there.
            "MONGO_URI": f"mongodb://{LOOPBACK}:{self.database.port}/?directConnection=true",
        }

    @property
    def is_idle(self) -> bool:
        """Whether every connection has been closed."""
        return self.broker.is_idle and self.database.is_idle


@contextmanager
def relays(stack: Stack, inserts: Event | None = None) -> Iterator[Between]:
    """Relays to the stack's servers; end the programs before the block ends.

    What would be inserted is kept from the database until ``inserts`` is set, if that is given.
    """
    rabbit = pika.URLParameters(stack.addresses["rabbitmq"])
    mongo = parse_uri(stack.addresses["mongo"])["nodelist"][0]
    told = partial(_held, inserts, commands) if inserts else commands
    with (
        Relay((rabbit.host, rabbit.port), frames, frames) as broker,
        Relay(mongo, told, nothing) as database,
    ):
        yield Between(broker, database)


def _held(inserts: Event, reader: Callable[[], Reader]) -> Reader:
    """A reader that reads no further than an insert until the event has happened."""
    read = reader()

    def held(data: bytes) -> list[str]:
        names = read(data)
        if "insert" in names:
            inserts.wait()
        return names

    return held
