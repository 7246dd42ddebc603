"""Publishes tasks: ``./lab run producer.py TITLE …``, into the queue that RABBIT_QUEUE names, which is there.

Prints a line for each: ``confirmed ID`` once RabbitMQ has it safely, ``refused ID`` where it has not. Ends with 1 where
one was refused.
"""

import json
import os
import sys
import uuid

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import NackError, UnroutableError

QUEUE = os.environ["RABBIT_QUEUE"]


def open_channel(connection: pika.BlockingConnection) -> BlockingChannel:
    """A channel on which RabbitMQ confirms what it has taken."""
    return connection.channel()


def publish(channel: BlockingChannel, task_id: str, title: str) -> bool:
    """Send one task, a JSON object with ``id`` and ``title``; whether RabbitMQ has it safely.

    The message is persistent, it carries the task's id as its message id, and it must reach a queue.
    """
    body = json.dumps({"id": task_id, "title": title}).encode()
    properties = pika.BasicProperties(message_id=task_id, content_type="application/json", delivery_mode=2)
    try:
        channel.basic_publish("", QUEUE, body, properties, mandatory=True)
    except (UnroutableError, NackError):
        return False
    return True


def connect() -> pika.BlockingConnection:
    login = pika.PlainCredentials(os.environ["RABBIT_USER"], os.environ["RABBIT_PASSWORD"])
    address = os.environ["RABBIT_HOST"], int(os.environ["RABBIT_PORT"])
    return pika.BlockingConnection(pika.ConnectionParameters(*address, credentials=login))


def main(titles: list[str]) -> int:
    refused = 0
    with connect() as connection:
        channel = open_channel(connection)
        for title in titles:
            task_id = str(uuid.uuid4())
            if publish(channel, task_id, title):
                print("confirmed", task_id)
            else:
                print("refused", task_id)
                refused += 1
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
