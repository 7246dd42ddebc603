"""A producer: sends the tasks of a file, one a line, to the queue: ``exhibit_02.py FILE``.

The queue is declared here. Prints ``sent ID`` for each task that the broker has confirmed.
"""

import json
import sys
from pathlib import Path

import pika
from wiring import QUEUE, broker


def main(file: str) -> None:
    """Send all of them."""
    connection = pika.BlockingConnection(broker())
    channel = connection.channel()
    channel.queue_declare(QUEUE, durable=True)
    channel.confirm_delivery()
    for line in Path(file).read_text(encoding="utf-8").splitlines():
        task = json.loads(line)
        properties = pika.BasicProperties(content_type="application/json", message_id=task["id"])
        channel.basic_publish("", QUEUE, line.encode(), properties, mandatory=True)
        print("sent", task["id"])
    connection.close()


if __name__ == "__main__":
    main(sys.argv[1])
