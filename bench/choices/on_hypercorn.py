"""Our asynchronous API on hypercorn, told what gunicorn is told: ``python -m bench.choices.on_hypercorn``."""

import os
import sys
import tempfile

from hypercorn.config import Config
from hypercorn.run import run

from core.logs import logging_config
from core.settings import LIMITS, Settings, read

METRICS = "PROMETHEUS_MULTIPROC_DIR"


def configuration(settings: Settings) -> Config:
    """What ``asyncapp/gunicorn.conf.py`` and our worker say, in hypercorn's words."""
    config = Config()
    config.application_path = "asyncapp.app:create_app()"
    config.bind = f"{settings.bind_host}:{settings.async_port}"
    config.worker_class = "uvloop"
    config.workers = settings.api_processes
    config.keep_alive_timeout = LIMITS.keep_alive
    # By default it closes a connection after a thousand requests; ours does not.
    config.keep_alive_max_requests = sys.maxsize
    config.graceful_timeout = LIMITS.graceful
    config.include_server_header = config.include_date_header = False
    config.logconfig_dict = logging_config("async", settings.log_level, "asyncapp.logs.GatheringHandler")
    return config


def main() -> int:
    """Serve until a signal says to stop."""
    with tempfile.TemporaryDirectory(prefix="tasklab-hypercorn-") as folder:
        # Its processes are started anew and inherit this: each writes its metrics into a file, as under gunicorn.
        os.environ.setdefault(METRICS, folder)
        return run(configuration(read(os.environ)))


if __name__ == "__main__":
    sys.exit(main())
