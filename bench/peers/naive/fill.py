"""Puts a number of messages into the queue: ``python -m bench.peers.naive.fill COUNT``.

One confirmed publish after the other, as the API does it, would take minutes; the messages are the same.
"""

import os
import sys

from bench.fill import fill
from bench.peers.job import name_of
from core.settings import read
from core.task import Work

if __name__ == "__main__":
    settings = read(os.environ)
    fill(settings, int(sys.argv[1]), name_of(settings), Work())
