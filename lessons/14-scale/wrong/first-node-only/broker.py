"""What both programs need of the broker: where its nodes are, a connection to one of them, and the queue."""

import os
import time
from itertools import cycle

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
    for node in cycle(NODES[:1]):
        host, port = node.split(":")
        address = pika.ConnectionParameters(host, int(port), credentials=LOGIN, heartbeat=10, socket_timeout=3)
        try:
            return pika.BlockingConnection(address)
        except LOST as error:
            print(f"{node} does not answer: {type(error).__name__}", flush=True)
            time.sleep(PAUSE)
    raise RuntimeError("there are no nodes")


def declare(channel) -> None:
    """The queue: what one node has taken must not be lost with that node."""
    channel.queue_declare(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
