"""Sends tasks: ``./lab run producer.py WORD 100``. Prints ``confirmed ID`` for each that the broker has safely."""

import json
import sys
from collections import deque  # You may need it.

import pika
from broker import LOST, QUEUE, connect, declare

PERSISTENT = 2


def publish(channel, task: dict) -> None:
    """Returns when the broker has confirmed it."""
    properties = pika.BasicProperties(delivery_mode=PERSISTENT, message_id=task["id"])
    channel.basic_publish("", QUEUE, json.dumps(task).encode(), properties, mandatory=True)
    print(f"confirmed {task['id']}", flush=True)


def opened():
    """A channel on which each publish waits for its confirm, and the queue on the other side."""
    channel = connect().channel()
    channel.confirm_delivery()
    declare(channel)
    return channel


def send_all(tasks: list[dict]) -> None:
    """Returns when every task is confirmed, whatever happens to a node meanwhile."""
    channel = opened()
    for task in tasks:  # Your turn: what if a node is gone half-way (LOST)?
        publish(channel, task)


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit("usage: producer.py WORD COUNT [IO_MS]")
    word, count = sys.argv[1], int(sys.argv[2])
    io_ms = int(sys.argv[3]) if sys.argv[3:] else 0
    send_all([{"id": f"{word}-{number}", "title": f"{word} {number}", "io_ms": io_ms} for number in range(count)])


if __name__ == "__main__":
    main()
