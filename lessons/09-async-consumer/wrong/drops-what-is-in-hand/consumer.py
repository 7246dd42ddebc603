"""An asynchronous worker: ``./lab run consumer.py``. Takes tasks from the queue RABBIT_QUEUE, stores them in MongoDB.

A task is a JSON object with ``id``, ``title`` and ``io_ms``. It is stored by itself, as ``{"_id": its id, "title": its
title}``. The queue is there already. SIGTERM, or Ctrl-C, asks the worker to stop.
"""

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress

import rabbit
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import DuplicateKeyError

QUEUE = os.environ["RABBIT_QUEUE"]
PREFETCH = int(os.environ.get("PREFETCH", "4"))
STOPPING = (signal.SIGTERM, signal.SIGINT, *([signal.SIGBREAK] if os.name == "nt" else []))


async def work(task: dict) -> None:
    """What takes time: somebody's slow system, say. Nothing to do here."""
    print(f"{task['title']}: begun")
    await asyncio.sleep(task["io_ms"] / 1000)


class Worker:
    """Several tasks at a time, each stored and then acknowledged."""

    def __init__(self, channel, tasks) -> None:
        self._channel = channel
        self._tasks = tasks
        """The collection, through motor."""
        self._consumer_tag = ""
        """The name of our subscription."""
        self._in_hand: set[asyncio.Task] = set()

    def begin(self) -> None:
        """Take tasks from now on: never more than PREFETCH that are not acknowledged."""
        self._channel.basic_qos(prefetch_count=PREFETCH)
        self._consumer_tag = self._channel.basic_consume(QUEUE, self.on_message)

    def on_message(self, channel, method, properties, body: bytes) -> None:
        """One delivery. pika can do nothing else until this returns: so it begins the task, and no more."""
        task = asyncio.create_task(self.handle(method.delivery_tag, json.loads(body)))
        self._in_hand.add(task)
        task.add_done_callback(self._in_hand.discard)

    async def handle(self, tag: int, task: dict) -> None:
        """One task, from its delivery to its acknowledgement. It may have come before: it is stored once."""
        await work(task)
        # Who is there already is the same task, delivered a second time.
        with suppress(DuplicateKeyError):
            await self._tasks.insert_one({"_id": task["id"], "title": task["title"]})
        self._channel.basic_ack(tag)

    async def drain(self) -> None:
        """Take nothing more, and return once all that was taken is stored and acknowledged."""
        await rabbit.cancel(self._channel, self._consumer_tag)
        for task in self._in_hand:
            task.cancel()


def when_asked_to_stop(do) -> None:
    """``do`` is called on the event loop at the signal that asks this process to stop."""
    loop = asyncio.get_running_loop()
    for one in STOPPING:
        signal.signal(one, lambda *_: loop.call_soon_threadsafe(do))


async def main() -> None:
    stopped = asyncio.Event()
    when_asked_to_stop(stopped.set)
    client = AsyncIOMotorClient(os.environ["MONGO_URI"])
    connection = await rabbit.connect()
    # A worker without its broker has nothing to do: it ends, and whoever watches over it starts another.
    connection.add_on_close_callback(lambda *_: stopped.set())
    tasks = client[os.environ["DB_NAME"]][os.environ["COLLECTION"]]
    worker = Worker(await rabbit.open_channel(connection), tasks)
    worker.begin()
    print("waiting for tasks")
    await stopped.wait()
    if not connection.is_open:
        sys.exit("the connection to RabbitMQ is lost")
    print("stopping")
    await worker.drain()
    await rabbit.close(connection)
    print("stopped")


if __name__ == "__main__":
    # pika and Windows agree on this event loop only; elsewhere it is the usual one.
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(main())
