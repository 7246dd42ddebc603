"""A worker: each message of the queue is a task, and becomes a document with the task's id.

What is no task goes to the dead letters. What the store has not answered in time may be stored:
it comes again, under the same id.
"""

import json
from typing import Any

import pika
from pymongo.errors import PyMongoError
from wiring import QUEUE, broker, collection

PREFETCH = 10
PATIENCE_MS = 1000
PAUSE = 0.5


def main() -> None:
    """Store tasks for ever."""
    tasks = collection(timeoutMS=PATIENCE_MS)
    connection = pika.BlockingConnection(broker())
    channel = connection.channel()
    channel.basic_qos(prefetch_count=PREFETCH)

    def on_message(_channel: Any, method: Any, _properties: Any, body: bytes) -> None:
        try:
            task = json.loads(body)
            document = {"_id": task["id"], "title": task["title"]}
            tasks.replace_one({"_id": document["_id"]}, document, upsert=True)
        except (ValueError, KeyError, TypeError) as error:
            print("no task:", type(error).__name__, error)
            channel.basic_reject(method.delivery_tag, requeue=False)
        except PyMongoError as error:
            print("perhaps stored:", type(error).__name__, error)
            connection.sleep(PAUSE)
            channel.basic_nack(method.delivery_tag, requeue=True)
        else:
            channel.basic_ack(method.delivery_tag)

    channel.basic_consume(QUEUE, on_message)
    channel.start_consuming()


if __name__ == "__main__":
    main()
