"""How gunicorn serves a peer: as it serves ours, with workers of the class PEER_KIND, on PEER_PORT of this computer."""

import os
import shutil
import tempfile
from pathlib import Path

from core import processors
from core.logs import logging_config
from core.settings import LIMITS, read

settings = read(os.environ)

bind = f"{settings.bind_host}:{os.environ['PEER_PORT']}"
worker_class = os.environ["PEER_KIND"]
workers = settings.api_processes
# Only gthread reads it.
threads = settings.api_threads
keepalive = LIMITS.keep_alive
graceful_timeout = LIMITS.graceful
timeout = LIMITS.silence
# The heartbeat of a worker must never wait for a disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
control_socket_disable = True
logger_class = "app.server.OwnLog"
logconfig_dict = logging_config("peer", settings.log_level, "app.logs.GatheringHandler")

# As ours: each process writes its counters into a file of its own, and adding them up is somebody else's work.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="tasklab-peer-")
usable = processors.usable(os.getpid()) if worker_class.startswith("app.") else []


def pre_fork(server, worker):  # type: ignore[no-untyped-def]
    """As ours: a processor for each process that has request threads."""
    worker.processor = processors.least_taken(usable, [other.processor for other in server.WORKERS.values()])


def post_fork(_server, worker):  # type: ignore[no-untyped-def]
    """Now in that process."""
    processors.keep_to(worker.processor)


def on_exit(_server):  # type: ignore[no-untyped-def]
    """Leave nothing behind."""
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
