"""What a user of the broker may do: each thing is tried, with that user's name and password."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pika
from pika.exceptions import AMQPConnectionError, ChannelClosedByBroker

from lessons.kit.place import Channel, Place
from lessons.kit.verdict import NotYet

REFUSED = 403
Deed = Callable[[Channel], object]


@dataclass(frozen=True)
class User:
    """A user, on a virtual host."""

    name: str
    password: str
    vhost: str

    @contextmanager
    def connected(self, place: Place) -> Iterator[pika.BlockingConnection]:
        """A connection of this user; NotYet where the broker lets the user not even in."""
        own = place.environ
        login = pika.PlainCredentials(self.name, self.password)
        address = pika.ConnectionParameters(own["RABBIT_HOST"], int(own["RABBIT_PORT"]), self.vhost, login)
        try:
            connection = pika.BlockingConnection(address)
        except AMQPConnectionError as error:
            raise NotYet(f"{self.name} may connect to {self.vhost}", f"{type(error).__name__}: {error}") from error
        try:
            yield connection
        finally:
            if connection.is_open:
                connection.close()


def may(connection: pika.BlockingConnection, deed: Deed) -> bool:
    """Whether the broker lets the user do it: on a channel of its own, since a refusal closes that."""
    channel = connection.channel()
    channel.confirm_delivery()
    try:
        deed(channel)
    except ChannelClosedByBroker as error:
        if error.reply_code == REFUSED:
            return False
        raise
    if channel.is_open:
        channel.close()
    return True
