"""A worker that tries again later: ``./lab run worker.py``. Takes tasks from RABBIT_QUEUE, stores them in MongoDB.

A task is a JSON object with ``id`` and ``title``. It is stored as ``{"_id": its id, "title": its title}``. The queue is
there already, and beside it another one for dead letters. What the messages wait in between two attempts is yours.
"""

import json
import os
import random
from datetime import UTC, datetime

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
    return min(CAP_MS, BASE_MS * 2 ** (attempt - 1))


def delay(attempt: int) -> int:
    """Milliseconds to wait after that many attempts: by chance between the half of the longest and all of it."""
    return random.randint(longest(attempt) // 2, longest(attempt))


def retry_queue(attempt: int) -> str:
    """Where a message waits after that many attempts. In each of them all wait about equally long."""
    return f"{QUEUE}.retry.{longest(attempt)}"


def declare(channel) -> None:
    """What messages wait in: each goes back to QUEUE by itself when its time is over."""
    back = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": QUEUE}
    safely = {"x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}
    for attempt in range(1, MOST_ATTEMPTS):
        arguments = {**QUORUM, **back, **safely, "x-message-ttl": longest(attempt)}
        channel.queue_declare(retry_queue(attempt), durable=True, arguments=arguments)


def again(channel, method, properties, body, reason: str) -> None:
    """It could not be stored now: another attempt later, or the dead letters after the last one."""
    attempt = attempt_of(properties)
    if attempt >= MOST_ATTEMPTS:
        bury(channel, method, properties, body, f"given up after {attempt} attempts: {reason}")
        return
    waiting = onward(properties, delay(attempt), attempt=attempt + 1, reason=reason)
    channel.basic_publish("", retry_queue(attempt), body, waiting, mandatory=True)
    channel.basic_ack(method.delivery_tag)


def bury(channel, method, properties, body, reason: str) -> None:
    """To the dead letters, with ``attempt``, ``reason`` and ``dead-at`` (a time as ISO 8601 has it) in its headers."""
    told = {"attempt": attempt_of(properties), "reason": reason[:500], "dead-at": datetime.now(UTC).isoformat()}
    channel.basic_publish("", DEAD, body, onward(properties, **told), mandatory=True)
    channel.basic_ack(method.delivery_tag)


def on_message(channel, method, properties, body, tasks) -> None:
    """One delivery."""
    try:
        task = decode(body)
    except ValueError as error:
        again(channel, method, properties, body, str(error))
        return
    try:
        tasks.replace_one({"_id": task["id"]}, {"title": task["title"]}, upsert=True)
    except PyMongoError as error:
        again(channel, method, properties, body, f"{type(error).__name__}: {error}"[:200])
        return
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
