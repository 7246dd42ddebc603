"""A worker: stores each task of the queue, with the moment at which it was stored.

What is no task goes to the dead letters.
"""

import json
from datetime import UTC, datetime
from typing import Any

import pika
from pymongo.errors import DuplicateKeyError
from wiring import QUEUE, broker, collection

PREFETCH = 10


def document_of(body: bytes) -> dict[str, Any]:
    """The document of a task; ValueError, KeyError or TypeError for what is none."""
    task = json.loads(body)
    return {"_id": task["id"], "title": task["title"], "stored": datetime.now(UTC)}


def main() -> None:
    """Store tasks for ever, and acknowledge each when it is stored."""
    tasks = collection()
    channel = pika.BlockingConnection(broker()).channel()
    channel.basic_qos(prefetch_count=PREFETCH)

    def on_message(_channel: Any, method: Any, _properties: Any, body: bytes) -> None:
        try:
            document = document_of(body)
        except (ValueError, KeyError, TypeError):
            channel.basic_reject(method.delivery_tag, requeue=False)
            return
        try:
            tasks.insert_one(document)
        except DuplicateKeyError:
            print("again", document["_id"])
        channel.basic_ack(method.delivery_tag)
        print("stored", document["_id"])

    channel.basic_consume(QUEUE, on_message)
    channel.start_consuming()


if __name__ == "__main__":
    main()
