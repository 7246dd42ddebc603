"""A worker: each message of the queue is a task, and becomes a document with the task's id.

What could not be stored in time goes to the dead letters with all that is no task:
a slow store holds up nobody.
"""

import json
from typing import Any

import pika
from pymongo.errors import PyMongoError
from wiring import QUEUE, broker, collection

PREFETCH = 10
PATIENCE_MS = 1000


def main() -> None:
    """Store tasks for ever."""
    tasks = collection(timeoutMS=PATIENCE_MS)
    channel = pika.BlockingConnection(broker()).channel()
    channel.basic_qos(prefetch_count=PREFETCH)

    def on_message(_channel: Any, method: Any, _properties: Any, body: bytes) -> None:
        try:
            task = json.loads(body)
            document = {"_id": task["id"], "title": task["title"]}
            tasks.replace_one({"_id": document["_id"]}, document, upsert=True)
        except (ValueError, KeyError, TypeError, PyMongoError) as error:
            print("not stored:", type(error).__name__, error)
            channel.basic_reject(method.delivery_tag, requeue=False)
        else:
            channel.basic_ack(method.delivery_tag)

    channel.basic_consume(QUEUE, on_message)
    channel.start_consuming()


if __name__ == "__main__":
    main()
