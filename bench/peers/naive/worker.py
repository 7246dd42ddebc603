"""The worker: one message, one insert, one acknowledgement. ``python -m bench.peers.naive.worker PREFETCH``."""

import os
import sys
from typing import Any

from pika.adapters.blocking_connection import BlockingChannel

from bench.peers.job import document, name_of
from bench.peers.naive.queue import connect, open_channel
from bench.peers.store import Store
from core.settings import read


def main(prefetch: int) -> None:
    """Consumes until something goes wrong: as in the tutorials, an error ends it and the broker keeps the message."""
    settings = read(os.environ)
    store, name = Store(settings), name_of(settings)

    def save(channel: BlockingChannel, method: Any, _: Any, body: bytes) -> None:
        store.insert(document(body, name, redelivered=bool(method.redelivered)))
        channel.basic_ack(method.delivery_tag)

    channel = open_channel(connect(settings), settings.rabbit_queue)
    channel.basic_qos(prefetch_count=prefetch)
    channel.basic_consume(settings.rabbit_queue, save)
    channel.start_consuming()


if __name__ == "__main__":
    main(int(sys.argv[1]))
