"""One of several workers: ``./lab run worker.py``, in as many terminals as you like. Stores tasks in MongoDB."""

import json
import os
import time

from broker import LOST, QUEUE, connect, declare
from pymongo import MongoClient

PREFETCH = 1


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
    tasks = client[os.environ["DB_NAME"]][os.environ["COLLECTION"]]
    while True:
        try:
            consume(tasks)
        except LOST as error:
            print(f"the connection is lost: {type(error).__name__}", flush=True)


if __name__ == "__main__":
    main()
