"""A worker: each message of the queue is a task, and becomes a document with the task's id.

What no attempt can store goes to the dead letters.
"""

import json
from collections.abc import Iterator
from typing import Any

import pika
from wiring import QUEUE, broker, collection

PREFETCH = 10


class Worker:
    """Stores what it understands."""

    def __init__(self) -> None:
        self.tasks = collection()
        self.channel = pika.BlockingConnection(broker()).channel()
        self.channel.basic_qos(prefetch_count=PREFETCH)

    def deliveries(self) -> Iterator[tuple[int, bytes]]:
        """Tags and bodies, for ever."""
        for method, _properties, body in self.channel.consume(QUEUE):
            yield method.delivery_tag, body

    def store(self, task: dict[str, Any]) -> None:
        """Under its id."""
        document = {"_id": task["id"], "title": task["title"]}
        self.tasks.replace_one({"_id": document["_id"]}, document, upsert=True)

    def run(self) -> None:
        """For ever."""
        for tag, body in self.deliveries():
            try:
                self.store(json.loads(body))
            except (ValueError, KeyError, TypeError) as error:
                print("not for me:", error)
                self.channel.basic_reject(tag, requeue=False)
            else:
                self.channel.basic_ack(tag)


if __name__ == "__main__":
    Worker().run()
