"""A worker: each message of the queue is a task, and becomes a document with the task's id.

Start as many of them as there is work for. What is no task goes to the dead letters.
"""

import json
from typing import Any

import pika
from wiring import QUEUE, broker, collection


class Worker:
    """Stores what comes to it, and then acknowledges."""

    def __init__(self) -> None:
        self.tasks = collection()
        self.channel = pika.BlockingConnection(broker()).channel()

    def run(self) -> None:
        """For ever."""
        self.channel.basic_consume(QUEUE, self.on_message, consumer_tag="storing")
        self.channel.basic_qos(prefetch_count=10)
        self.channel.start_consuming()

    def on_message(self, _channel: Any, method: Any, _properties: Any, body: bytes) -> None:
        """One task."""
        try:
            task = json.loads(body)
            document = {"_id": task["id"], "title": task["title"]}
        except (ValueError, KeyError, TypeError):
            self.channel.basic_reject(method.delivery_tag, requeue=False)
            return
        self.tasks.replace_one({"_id": document["_id"]}, document, upsert=True)
        self.channel.basic_ack(method.delivery_tag)


if __name__ == "__main__":
    Worker().run()
