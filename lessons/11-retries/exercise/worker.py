"""A worker that tries again later: ``./lab run worker.py``. Takes tasks from RABBIT_QUEUE, stores them in MongoDB.

A task is a JSON object with ``id`` and ``title``. It is stored as ``{"_id": its id, "title": its title}``. The queue is
there already, and beside it another one for dead letters. What the messages wait in between two attempts is yours.
"""

import json
import os
import random  # You will need it.
from datetime import UTC, datetime  # And these.

import pika
from pymongo import MongoClient
from pymongo.errors import PyMongoError

QUEUE = os.environ["RABBIT_QUEUE"]
DEAD = f"{QUEUE}.dead"
QUORUM = {"x-queue-type": "quorum"}
BASE_MS = int(os.environ.get("BASE_MS", "1000"))
CAP_MS = int(os.environ.get("CAP_MS", "8000"))
MOST_ATTEMPTS = int(os.environ.get("MOST_ATTEMPTS", "5"))
PREFETCH = 10
PERSISTENT = 2


def decode(body: bytes) -> dict:
    """The task in a message; ValueError, with the reason, for what is none."""
    try:
        task = json.loads(body)
        good = isinstance(task["id"], str) and isinstance(task["title"], str)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"this is no task: {error!r}") from error
    if not good:
        raise ValueError("this is no task: id and title must be text")
    return task


def attempt_of(properties) -> int:
    """Which attempt a delivery is: 1 for the first."""
    return int((properties.headers or {}).get("attempt", 1))


def onward(properties, expiration_ms=None, **headers) -> pika.BasicProperties:
    """The properties of the same message on its way on: its id is kept, these headers are added."""
    return pika.BasicProperties(
        delivery_mode=PERSISTENT,
        message_id=properties.message_id,
        headers={**(properties.headers or {}), **headers},
        expiration=None if expiration_ms is None else str(expiration_ms),
    )


def longest(attempt: int) -> int:
    """Milliseconds to wait at most after that many attempts: BASE_MS after the first, then doubled, up to CAP_MS."""
    raise NotImplementedError("your turn: it grows, and has a cap")


def delay(attempt: int) -> int:
    """Milliseconds to wait after that many attempts: by chance between the half of the longest and all of it."""
    raise NotImplementedError("your turn: a bit of chance")


def declare(channel) -> None:
    """What messages wait in: each goes back to QUEUE by itself when its time is over."""
    # Your turn.


def again(channel, method, properties, body, reason: str) -> None:
    """It could not be stored now: another attempt later, or the dead letters after the last one."""
    raise NotImplementedError("your turn: it waits in a queue, not here")


def bury(channel, method, properties, body, reason: str) -> None:
    """To the dead letters, with ``attempt``, ``reason`` and ``dead-at`` (a time as ISO 8601 has it) in its headers."""
    raise NotImplementedError("your turn")


def on_message(channel, method, properties, body, tasks) -> None:
    """One delivery."""
    # Your turn: either line may fail. Not in the same way, though.
    task = decode(body)
    tasks.replace_one({"_id": task["id"]}, {"title": task["title"]}, upsert=True)
    channel.basic_ack(method.delivery_tag)


def connect() -> pika.BlockingConnection:
    login = pika.PlainCredentials(os.environ["RABBIT_USER"], os.environ["RABBIT_PASSWORD"])
    address = os.environ["RABBIT_HOST"], int(os.environ["RABBIT_PORT"])
    return pika.BlockingConnection(pika.ConnectionParameters(*address, credentials=login))


def main() -> None:
    client = MongoClient(os.environ["MONGO_URI"], timeoutMS=3000)
    tasks = client[os.environ["DB_NAME"]][os.environ["COLLECTION"]]
    channel = connect().channel()
    channel.confirm_delivery()
    declare(channel)
    channel.basic_qos(prefetch_count=PREFETCH)
    channel.basic_consume(QUEUE, lambda *delivery: on_message(*delivery, tasks))
    print("waiting for tasks")
    channel.start_consuming()


if __name__ == "__main__":
    main()
