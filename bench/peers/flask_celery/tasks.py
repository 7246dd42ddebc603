"""Celery's side of the job: the queue, and the task that stores one message. Celery's worker imports ``app``."""

import os
from typing import Any

from celery import Celery
from pymongo.errors import PyMongoError

from bench.peers.job import address, document, name_of
from bench.peers.store import Store
from core.message import Message
from core.settings import LIMITS, Settings, read

TASK = "save"
LONGEST_WAIT = 30
"""Seconds between two attempts, at most."""


def configured(settings: Settings) -> Celery:
    """An application that loses nothing that Celery's settings can keep."""
    app = Celery("peer", broker=address(settings))
    app.conf.update(
        # Without it a publish returns as soon as the message is in a buffer of this computer.
        broker_transport_options={"confirm_publish": True},
        # As its documentation says: one connection for each thread that may publish at once.
        broker_pool_limit=settings.api_threads,
        broker_connection_retry_on_startup=True,
        # An idle worker looks only twice in that time whether it was asked to stop.
        broker_heartbeat=LIMITS.heartbeat,
        task_default_queue=settings.rabbit_queue,
        task_default_queue_type="quorum",
        # Delayed retries go through exchanges of Celery's own that can feed no direct exchange.
        task_default_exchange_type="topic",
        task_ignore_result=True,
        # By default a task is acknowledged before it runs.
        task_acks_late=True,
        task_acks_on_failure_or_timeout=False,
        task_reject_on_worker_lost=True,
        worker_enable_remote_control=False,
    )
    return app


def with_task(app: Celery, settings: Settings) -> Any:
    """The task that stores one message, tried again for as long as the database does not take it."""
    store, name = Store(settings), name_of(settings)

    def save(self: Any, body: str) -> None:
        redelivered = bool((self.request.delivery_info or {}).get("redelivered"))
        store.insert(document(body.encode(), name, self.request.retries + 1, redelivered))

    wishes = {"autoretry_for": (PyMongoError,), "retry_backoff": True, "retry_backoff_max": LONGEST_WAIT}
    # Shared, it would also be in the application of the batches, under the same name.
    return app.task(name=TASK, shared=False, bind=True, max_retries=None, **wishes)(save)


def publish(task: Any, message: Message) -> None:
    """Returns when the broker has confirmed."""
    task.apply_async((message.body.decode(),), task_id=message.message_id)


# Celery's command line takes an application, not a function that makes one.
_settings = read(os.environ)
app = configured(_settings)
task = with_task(app, _settings)
