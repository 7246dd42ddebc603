"""Puts a number of messages into the queue with Dramatiq: ``python -m bench.peers.flask_dramatiq.fill COUNT``."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from bench.peers.flask_dramatiq.tasks import connected, publish, with_actor
from bench.peers.job import backlog
from core.settings import read

if __name__ == "__main__":
    settings = read(os.environ)
    broker = connected(settings)
    actor = with_actor(broker, settings)
    with ThreadPoolExecutor(settings.api_threads) as pool:
        list(pool.map(partial(publish, actor), backlog(settings, int(sys.argv[1]))))
    broker.close()
