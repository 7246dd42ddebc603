"""The worker: consumes tasks and stores them, until SIGTERM or SIGINT. Run with ``python -m asyncapp.worker``."""

import asyncio
import logging.config
import os
import signal
import socket
import sys

from asyncapp import metrics, tracing
from asyncapp.consumer import Consumer
from asyncapp.handler import TaskHandler
from asyncapp.monitor import serve
from asyncapp.publisher import Publisher
from asyncapp.store import Store
from core import garbage
from core.errors import InvalidSetting
from core.logs import logging_config
from core.settings import Settings, read

NAME = "asyncworker"
STOPPING = {signal.SIGTERM, signal.SIGINT}

log = logging.getLogger(__name__)


async def run(settings: Settings) -> None:
    """Consume until a signal says to stop; then finish what was taken."""
    tracing.begin(NAME, settings)
    store = Store(settings)
    publisher = Publisher(settings, f"{NAME}-publisher")
    handler = TaskHandler(store, NAME, settings.host_name or socket.gethostname())
    consumer = Consumer(settings, NAME, handler, publisher)
    _stop_on_signal(consumer)
    publisher.start()
    serve(settings, lambda: _missing(consumer, store))
    await consumer.run()
    await publisher.close()
    store.close()
    tracing.close()
    log.info("worker stopped")


def _stop_on_signal(consumer: Consumer) -> None:
    def stop(received: signal.Signals) -> None:
        log.info("stopping", extra={"signal": received.name})
        consumer.stop()

    for stopping in STOPPING:
        asyncio.get_running_loop().add_signal_handler(stopping, stop, stopping)


async def _missing(consumer: Consumer, store: Store) -> dict[str, str]:
    parts = {"broker": consumer.missing, "store": await store.missing()}
    return {part: why for part, why in parts.items() if why}


def main() -> int:
    """Run the worker as the environment says; 0 after a clean stop, 2 for a setting that cannot be used."""
    try:
        settings = read(os.environ)
        logging.config.dictConfig(logging_config(NAME, settings.log_level, "asyncapp.logs.GatheringHandler"))
        metrics.begin(NAME)
        garbage.look_rarely()
        asyncio.run(run(settings))
    except InvalidSetting as error:
        print(f"{NAME}: {error}. Correct it in .env or the environment.", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
