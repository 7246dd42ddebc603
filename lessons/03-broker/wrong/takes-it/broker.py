"""Routes events: ``./lab run broker.py declare``, and ``./lab run broker.py peek QUEUE`` to look at one.

Events are published to the exchange with routing keys such as ``task.created.normal`` and ``task.failed.urgent``.
The queue ALL gets every event, the queue URGENT those of tasks that are urgent, and nothing else.
"""

import os
import sys

import pika
from pika.adapters.blocking_connection import BlockingChannel

NAME = os.environ["RABBIT_QUEUE"]
EXCHANGE = f"{NAME}.events"
ALL = f"{NAME}.all"
URGENT = f"{NAME}.urgent"


def declare(channel: BlockingChannel) -> None:
    """A durable exchange, two durable queues, and the bindings between them. Doing it twice changes nothing."""
    channel.exchange_declare(EXCHANGE, "topic", durable=True)
    for queue, pattern in ((ALL, "#"), (URGENT, "task.*.urgent")):
        channel.queue_declare(queue, durable=True)
        channel.queue_bind(queue, EXCHANGE, pattern)


def peek(channel: BlockingChannel, queue: str) -> str:
    """The body of the oldest message of a queue; it stays there."""
    _, _, body = channel.basic_get(queue, auto_ack=True)
    return body.decode()


def connect() -> pika.BlockingConnection:
    login = pika.PlainCredentials(os.environ["RABBIT_USER"], os.environ["RABBIT_PASSWORD"])
    address = os.environ["RABBIT_HOST"], int(os.environ["RABBIT_PORT"])
    return pika.BlockingConnection(pika.ConnectionParameters(*address, credentials=login))


def main(command: str, *queue: str) -> None:
    with connect() as connection:
        channel = connection.channel()
        if command == "declare":
            declare(channel)
        else:
            print(peek(channel, *queue))


if __name__ == "__main__":
    main(*sys.argv[1:])
