"""The worker: consumes tasks and stores them, until SIGTERM or SIGINT. Run with ``python -m app.worker``."""

import logging.config
import os
import signal
import socket
import sys
from threading import Thread

from app import metrics, tracing
from app.consumer import Consumer
from app.handler import TaskHandler
from app.monitor import serve
from app.publisher import Publisher
from app.store import Store
from core import garbage
from core.errors import InvalidSetting
from core.logs import logging_config
from core.settings import Settings, read

NAME = "pyworker"
STOPPING = {signal.SIGTERM, signal.SIGINT}

log = logging.getLogger(__name__)


def run(settings: Settings) -> None:
    """Consume until a signal says to stop; then finish what was taken."""
    # Blocked in every thread, and taken by one that waits for them: a handler would interrupt any line of the others.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    tracing.begin(NAME, settings)
    store = Store(settings)
    publisher = Publisher(settings, f"{NAME}-publisher")
    handler = TaskHandler(store, NAME, settings.host_name or socket.gethostname())
    consumer = Consumer(settings, NAME, handler, publisher)
    Thread(target=_stop_on_signal, args=(consumer,), name="signals", daemon=True).start()
    publisher.start()
    serve(settings, lambda: _missing(consumer, store))
    consumer.run()
    publisher.close()
    store.close()
    tracing.close()
    log.info("worker stopped")


def _stop_on_signal(consumer: Consumer) -> None:
    while True:
        received = signal.sigwait(STOPPING)
        log.info("stopping", extra={"signal": signal.Signals(received).name})
        consumer.stop()


def _missing(consumer: Consumer, store: Store) -> dict[str, str]:
    parts = {"broker": consumer.missing, "store": store.missing()}
    return {part: why for part, why in parts.items() if why}


def main() -> int:
    """Run the worker as the environment says; 0 after a clean stop, 2 for a setting that cannot be used."""
    try:
        settings = read(os.environ)
        logging.config.dictConfig(logging_config(NAME, settings.log_level, "app.logs.GatheringHandler"))
        metrics.begin(NAME)
        garbage.look_rarely()
        run(settings)
    except InvalidSetting as error:
        print(f"{NAME}: {error}. Correct it in .env or the environment.", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
