"""Puts a number of messages into the queue with Celery: ``python -m bench.peers.flask_celery.fill COUNT``."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from bench.peers.flask_celery.tasks import publish, task
from bench.peers.job import backlog
from core.settings import read

if __name__ == "__main__":
    settings = read(os.environ)
    with ThreadPoolExecutor(settings.api_threads) as pool:
        list(pool.map(partial(publish, task), backlog(settings, int(sys.argv[1]))))
