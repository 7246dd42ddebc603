"""Puts a number of messages into the queue with taskiq: ``python -m bench.peers.quart_taskiq.fill COUNT``."""

import asyncio
import os
import sys
from functools import partial

import uvloop

from bench.peers.crowd import publish_all
from bench.peers.job import backlog
from bench.peers.quart_taskiq.tasks import connected, publish, with_task
from core.settings import read


async def main(count: int) -> None:
    """Returns when the broker has confirmed all."""
    settings = read(os.environ)
    broker = connected(settings)
    task = with_task(broker, settings)
    await broker.startup()
    await publish_all(partial(publish, task), backlog(settings, count))
    await broker.shutdown()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(int(sys.argv[1])))
