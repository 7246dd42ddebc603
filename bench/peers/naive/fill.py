"""Puts a number of messages into the queue with pika: ``python -m bench.peers.naive.fill COUNT``."""

import os
import sys

from bench.peers.job import backlog
from bench.peers.naive.queue import connect, open_channel, publish
from core.settings import read

if __name__ == "__main__":
    settings = read(os.environ)
    with connect(settings) as connection:
        channel = open_channel(connection, settings.rabbit_queue)
        # Without confirms a quorum queue loses some of them when the connection is closed at once.
        channel.confirm_delivery()
        for message in backlog(settings, int(sys.argv[1])):
            publish(channel, message)
