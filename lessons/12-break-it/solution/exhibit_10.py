"""A worker: each message of the queue is a task, and becomes a document with the task's id.

Where the store is not well a task is tried again until it is stored. What is no task goes to the dead letters.
"""

import json
from typing import Any

import pika
from pymongo.errors import PyMongoError
from wiring import QUEUE, broker, collection

PREFETCH = 10
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 2.0


def main() -> None:
    """Store tasks for ever."""
    tasks = collection(timeoutMS=5000)
    connection = pika.BlockingConnection(broker())
    channel = connection.channel()
    channel.basic_qos(prefetch_count=PREFETCH)

    def store(document: dict[str, Any]) -> bool:
        try:
            tasks.replace_one({"_id": document["_id"]}, document, upsert=True)
        except PyMongoError as error:
            print("again:", document["_id"], error)
            return False
        return True

    def on_message(_channel: Any, method: Any, _properties: Any, body: bytes) -> None:
        try:
            task = json.loads(body)
            document = {"_id": task["id"], "title": task["title"]}
        except (ValueError, KeyError, TypeError):
            channel.basic_reject(method.delivery_tag, requeue=False)
            return
        pause = FIRST_PAUSE
        while not store(document):
            connection.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        channel.basic_ack(method.delivery_tag)

    channel.basic_consume(QUEUE, on_message)
    channel.start_consuming()


if __name__ == "__main__":
    main()
