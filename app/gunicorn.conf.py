"""How gunicorn serves the API. ``gunicorn -c app/gunicorn.conf.py 'app.app:create_app()'``."""

import gc
import os
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))

from core import garbage, processors
from core.errors import InvalidSetting
from core.logs import logging_config
from core.settings import LIMITS, read

try:
    settings = read(os.environ)
except InvalidSetting as error:
    sys.exit(f"flask: {error}. Correct it in .env or the environment.")

bind = f"{settings.bind_host}:{settings.flask_port}"
worker_class = "app.server.DrainingWorker"
workers = settings.api_processes
threads = settings.api_threads
keepalive = LIMITS.keep_alive
graceful_timeout = LIMITS.graceful
timeout = LIMITS.silence
# The heartbeat of a worker must never wait for a disk, and a read-only root has no other place.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
control_socket_disable = True
logger_class = "app.server.OwnLog"
logconfig_dict = logging_config("flask", settings.log_level, "app.logs.GatheringHandler")

# prometheus_client adds up the files that each process keeps here; it reads the variable when it is imported.
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="tasklab-flask-")
metrics_folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
metrics_folder.mkdir(parents=True, exist_ok=True)

# Read the code before the port is opened: a request that comes between the two would wait for that. Nothing connects
# here; each process makes its own application after the fork.
import app.app  # noqa: F401

# All that stays: the collector need not go over it again and again in each process.
gc.freeze()

usable = processors.usable(os.getpid())


def on_starting(_server):  # type: ignore[no-untyped-def]
    """Begin with an empty metrics folder: counters of an earlier run are not ours."""
    for old in metrics_folder.glob("*.db"):
        old.unlink()


def pre_fork(server, worker):  # type: ignore[no-untyped-def]
    """Give the process that begins the processor that the fewest others have."""
    worker.processor = processors.least_taken(usable, [other.processor for other in server.WORKERS.values()])


def post_fork(_server, worker):  # type: ignore[no-untyped-def]
    """Now in that process."""
    processors.keep_to(worker.processor)


def post_worker_init(_worker):  # type: ignore[no-untyped-def]
    """The application is made: that stays as well."""
    garbage.look_rarely()


def child_exit(_server, worker):  # type: ignore[no-untyped-def]
    """A process has ended: its gauges go, its counters stay."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(_server):  # type: ignore[no-untyped-def]
    """Leave nothing behind."""
    shutil.rmtree(metrics_folder, ignore_errors=True)
