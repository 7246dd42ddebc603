"""A small worker: ``./lab run worker.py PORT``. Its figures: http://localhost:PORT/metrics.

Nothing to do here: read it. What it lets others see is in see.py, and that is your turn.
"""

import json
import os
import sys
import time

import pika
from prometheus_client import CollectorRegistry, disable_created_metrics, start_http_server
from see import DEAD, DONE, Figures, Settled, line

PREFETCH = 10


def settle(properties: pika.BasicProperties, body: bytes) -> Settled:
    """Do one task. What is no task is dead: a person may look at it later."""
    headers = properties.headers or {}
    waited_ms = max(0, round(time.time() * 1000) - int(headers.get("sent_ms", 0)))
    try:
        task = json.loads(body)
        time.sleep(task["io_ms"] / 1000)
    except (ValueError, KeyError, TypeError) as error:
        reason = f"{type(error).__name__}: {error}"
        return Settled(str(properties.message_id), DEAD, reason, waited_ms, str(headers.get("traceparent", "")))
    return Settled(str(properties.message_id), DONE, "", waited_ms, str(headers.get("traceparent", "")))


def consume(channel, figures: Figures) -> None:
    """Until it is asked to stop."""

    def on_message(channel, method, properties, body):
        settled = settle(properties, body)
        figures.count(settled)
        print(line(settled))
        if settled.outcome == DONE:
            channel.basic_ack(method.delivery_tag)
        else:
            channel.basic_reject(method.delivery_tag, requeue=False)

    channel.basic_qos(prefetch_count=PREFETCH)
    channel.basic_consume(os.environ["RABBIT_QUEUE"], on_message)
    channel.start_consuming()


def main(port: int) -> None:
    disable_created_metrics()  # When a series began, Prometheus knows itself.
    registry = CollectorRegistry()
    figures = Figures(registry)
    start_http_server(port, "127.0.0.1", registry)
    login = pika.PlainCredentials(os.environ["RABBIT_USER"], os.environ["RABBIT_PASSWORD"])
    address = pika.ConnectionParameters(os.environ["RABBIT_HOST"], int(os.environ["RABBIT_PORT"]), credentials=login)
    connection = pika.BlockingConnection(address)
    consume(connection.channel(), figures)


if __name__ == "__main__":
    main(int(sys.argv[1]))
