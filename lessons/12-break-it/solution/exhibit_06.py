"""A producer: sends the tasks of a file, one a line, to the queue: ``exhibit_06.py FILE``.

Prints ``sent ID`` for each task that is in the queue, and ``failed ID`` for each that is not.
It ends with 1 where one has failed.
"""

import json
import sys
from pathlib import Path

import pika
from pika.exceptions import AMQPError
from wiring import QUEUE, broker

KEPT = pika.BasicProperties(content_type="application/json", delivery_mode=2)


def main(file: str) -> int:
    """Send all of them; how many have failed."""
    connection = pika.BlockingConnection(broker())
    channel = connection.channel()
    channel.confirm_delivery()
    failed = 0
    for line in Path(file).read_text(encoding="utf-8").splitlines():
        task = json.loads(line)
        try:
            channel.basic_publish("", QUEUE, line.encode(), KEPT, mandatory=True)
        except AMQPError as error:
            print("failed", task["id"], type(error).__name__)
            failed += 1
        else:
            print("sent", task["id"])
    connection.close()
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1]) else 0)
