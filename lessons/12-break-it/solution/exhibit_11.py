"""A worker for much: stores tasks by fives, which takes one journey to the store, and acknowledges them together.

What is no task goes to the dead letters.
"""

import json
from typing import Any

import pika
from pymongo.errors import BulkWriteError
from wiring import QUEUE, broker, collection

SIZE = 5
IDLE = 0.3
DUPLICATE = 11000


class Worker:
    """Fills batches, and stores one when it is full or nothing more comes."""

    def __init__(self) -> None:
        self.tasks = collection()
        self.channel = pika.BlockingConnection(broker()).channel()
        self.channel.basic_qos(prefetch_count=2 * SIZE)
        self.batch: dict[int, dict[str, Any]] = {}

    def add(self, tag: int, body: bytes) -> None:
        """One delivery more."""
        try:
            task = json.loads(body)
            self.batch[tag] = {"_id": task["id"], "title": task["title"]}
        except (ValueError, KeyError, TypeError):
            self.channel.basic_reject(tag, requeue=False)

    def save(self) -> None:
        """One insert for the whole batch, and a verdict for each task of it."""
        refused = self.insert()
        for tag, document in self.batch.items():
            if document["_id"] in refused:
                self.channel.basic_reject(tag, requeue=False)
            else:
                self.channel.basic_ack(tag)
        self.batch.clear()

    def insert(self) -> set[str]:
        """The ids of those that the store does not want."""
        documents = list(self.batch.values())
        try:
            self.tasks.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            if error.details["writeConcernErrors"]:
                raise
            wrong = [one["index"] for one in error.details["writeErrors"] if one["code"] != DUPLICATE]
            print("some were not stored:", wrong)
            return {documents[index]["_id"] for index in wrong}
        return set()

    def run(self) -> None:
        """For ever."""
        for method, _properties, body in self.channel.consume(QUEUE, inactivity_timeout=IDLE):
            if method:
                self.add(method.delivery_tag, body)
            if len(self.batch) == SIZE or (self.batch and not method):
                self.save()


if __name__ == "__main__":
    Worker().run()
