"""One of several workers: ``./lab run worker.py``, in as many terminals as you like. Stores tasks in MongoDB."""

import json
import os
import time

from broker import LOST, QUEUE, connect, declare
from pymongo import MongoClient

PREFETCH = 100  # Your turn: how many tasks may this worker hold that another one could be doing?


def on_message(channel, method, properties, body, tasks) -> None:
    """One delivery: works, stores, acknowledges. A task that comes twice is stored once."""
    task = json.loads(body)
    time.sleep(task["io_ms"] / 1000)
    tasks.replace_one({"_id": task["id"]}, {"title": task["title"]}, upsert=True)
    channel.basic_ack(method.delivery_tag)


def consume(tasks) -> None:
    """Takes tasks from the queue until the connection is lost."""
    channel = connect().channel()
    declare(channel)
    channel.basic_qos(prefetch_count=PREFETCH)
    channel.basic_consume(QUEUE, lambda *delivery: on_message(*delivery, tasks))
    print("waiting for tasks", flush=True)
    channel.start_consuming()


def main() -> None:
    client = MongoClient(os.environ["MONGO_URI"])
    consume(client[os.environ["DB_NAME"]][os.environ["COLLECTION"]])  # Your turn: and when the connection is LOST?


if __name__ == "__main__":
    main()
