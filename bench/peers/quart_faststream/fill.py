"""Puts a number of messages into the queue with FastStream: ``python -m bench.peers.quart_faststream.fill COUNT``."""

import asyncio
import os
import sys
from functools import partial

import uvloop

from bench.peers.crowd import publish_all
from bench.peers.job import backlog
from bench.peers.quart_faststream.broker import connected, publish, queue
from core.settings import read


async def main(count: int) -> None:
    """Returns when the broker has confirmed all."""
    settings = read(os.environ)
    async with connected(settings) as broker:
        await broker.declare_queue(queue(settings))
        await publish_all(partial(publish, broker), backlog(settings, count))


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(int(sys.argv[1])))
