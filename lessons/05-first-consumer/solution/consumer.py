"""A worker: ``./lab run consumer.py``. Takes tasks from the queue that RABBIT_QUEUE names, stores them in MongoDB.

A task is a JSON object with ``id``, ``title`` and ``io_ms``. It is stored as ``{"_id": its id, "title": its title}``.
The queue is there already. What is no task belongs among the dead letters: the queue sends there what is rejected.
"""

import json
import os
import time

import pika
from pymongo import MongoClient

QUEUE = os.environ["RABBIT_QUEUE"]
PREFETCH = 10


def work(task: dict) -> None:
    """What takes time: somebody's slow system, say."""
    time.sleep(task["io_ms"] / 1000)


def on_message(channel, method, properties, body, tasks) -> None:
    """One delivery. Whatever happens to this process in between, the task must not be lost, and is stored once."""
    try:
        task = json.loads(body)
        work(task)
        document = {"title": task["title"]}
    except (ValueError, KeyError, TypeError):
        channel.basic_reject(method.delivery_tag, requeue=False)
        return
    tasks.replace_one({"_id": task["id"]}, document, upsert=True)
    channel.basic_ack(method.delivery_tag)


def connect() -> pika.BlockingConnection:
    login = pika.PlainCredentials(os.environ["RABBIT_USER"], os.environ["RABBIT_PASSWORD"])
    address = os.environ["RABBIT_HOST"], int(os.environ["RABBIT_PORT"])
    return pika.BlockingConnection(pika.ConnectionParameters(*address, credentials=login))


def main() -> None:
    client = MongoClient(os.environ["MONGO_URI"])
    tasks = client[os.environ["DB_NAME"]][os.environ["COLLECTION"]]
    channel = connect().channel()
    channel.basic_qos(prefetch_count=PREFETCH)
    channel.basic_consume(QUEUE, lambda *delivery: on_message(*delivery, tasks))
    print("waiting for tasks")
    channel.start_consuming()


if __name__ == "__main__":
    main()
