"""What both programs need of the broker: where its nodes are, a connection to one of them, and the queue."""

import os
import time  # You will need it.
from itertools import cycle  # And this.

import pika
from pika.exceptions import AMQPError

QUEUE = os.environ["RABBIT_QUEUE"]
ONE = f"{os.environ['RABBIT_HOST']}:{os.environ['RABBIT_PORT']}"
NODES = (os.environ.get("RABBIT_HOSTS") or ONE).split(",")
"""Each as host:port. With one node this is a list of one."""
LOGIN = pika.PlainCredentials(os.environ["RABBIT_USER"], os.environ["RABBIT_PASSWORD"])
LOST = (AMQPError, OSError)
"""What a node that is gone looks like, when one connects and in the middle of anything."""
PAUSE = 0.2


def connect() -> pika.BlockingConnection:
    """A connection to one of NODES: to the next one where one does not answer, round and round until one does."""
    host, port = NODES[0].split(":")  # Your turn: and the others?
    return pika.BlockingConnection(pika.ConnectionParameters(host, int(port), credentials=LOGIN))


def declare(channel) -> None:
    """The queue: what one node has taken must not be lost with that node."""
    channel.queue_declare(QUEUE, durable=True)  # Your turn: on how many nodes is this queue?
