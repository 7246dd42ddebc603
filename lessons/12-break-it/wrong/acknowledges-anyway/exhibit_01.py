"""A worker: each message of the queue is a task, and becomes a document with the task's id.

What is no task goes to the dead letters.
"""

import json
from typing import Any

import pika
from wiring import QUEUE, broker, collection

PREFETCH = 10


def main() -> None:
    """Store tasks for ever."""
    tasks = collection()
    channel = pika.BlockingConnection(broker()).channel()
    channel.basic_qos(prefetch_count=PREFETCH)

    def on_message(_channel: Any, method: Any, _properties: Any, body: bytes) -> None:
        try:
            task = json.loads(body)
            document = {"_id": task["id"], "title": task["title"]}
        except (ValueError, KeyError, TypeError):
            channel.basic_reject(method.delivery_tag, requeue=False)
            return
        try:
            tasks.replace_one({"_id": document["_id"]}, document, upsert=True)
            print("stored", document["_id"])
        finally:
            channel.basic_ack(method.delivery_tag)

    channel.basic_consume(QUEUE, on_message)
    channel.start_consuming()


if __name__ == "__main__":
    main()
