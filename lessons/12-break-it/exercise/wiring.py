"""Where everything is: the broker, the queue, the collection. Nothing is wrong in here."""

import os
from typing import Any

import pika
from pymongo import MongoClient
from pymongo.collection import Collection

QUEUE = os.environ["RABBIT_QUEUE"]
PORT = int(os.environ.get("PORT", "8012"))


def broker() -> pika.ConnectionParameters:
    """How to reach RabbitMQ."""
    login = pika.PlainCredentials(os.environ["RABBIT_USER"], os.environ["RABBIT_PASSWORD"])
    return pika.ConnectionParameters(os.environ["RABBIT_HOST"], int(os.environ["RABBIT_PORT"]), credentials=login)


def collection(**options: Any) -> Collection[dict[str, Any]]:
    """The collection of tasks; options are those of MongoClient."""
    client: MongoClient[dict[str, Any]] = MongoClient(os.environ["MONGO_URI"], **options)
    return client[os.environ["DB_NAME"]][os.environ["COLLECTION"]]
