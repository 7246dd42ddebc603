"""Tasks for your worker, to see what it tells of them: ``./lab run send.py COUNT [good|poison|late]``.

``late`` ones say that they have waited for 8 s already. Nothing to do here.
"""

import json
import os
import sys
import time
import uuid

import pika

LATE_MS = 8000


def main(count: int, kind: str) -> None:
    login = pika.PlainCredentials(os.environ["RABBIT_USER"], os.environ["RABBIT_PASSWORD"])
    address = pika.ConnectionParameters(os.environ["RABBIT_HOST"], int(os.environ["RABBIT_PORT"]), credentials=login)
    connection = pika.BlockingConnection(address)
    channel = connection.channel()
    channel.confirm_delivery()
    body = b"Water the plants" if kind == "poison" else json.dumps({"io_ms": 20}).encode()
    trace = uuid.uuid4().hex
    for _ in range(count):
        sent_ms = round(time.time() * 1000) - (LATE_MS if kind == "late" else 0)
        headers = {"sent_ms": sent_ms, "traceparent": f"00-{trace}-{uuid.uuid4().hex[:16]}-01"}
        properties = pika.BasicProperties(message_id=str(uuid.uuid4()), headers=headers)
        channel.basic_publish("", os.environ["RABBIT_QUEUE"], body, properties)
    connection.close()
    print(f"{count} sent, in the trace {trace}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "good")
