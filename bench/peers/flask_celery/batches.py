"""A worker that stores many messages in one write, with celery-batches. Celery's worker imports ``app``."""

import os
from collections.abc import Sequence
from typing import Any

from celery.utils.log import get_task_logger
from celery_batches import Batches
from pymongo.errors import PyMongoError

from bench.peers.flask_celery.tasks import TASK, configured
from bench.peers.job import document, name_of
from bench.peers.store import Store
from core.enrich import Document
from core.errors import DecodeError
from core.settings import Settings, read

EVERY = 500
"""Messages of one write at most, as many as ours takes."""
SECONDS = 0.05
"""A write happens after that long even if there are fewer."""
WAIT = 5
"""Seconds until what could not be stored comes again."""

log = get_task_logger(__name__)


def with_batches(app: Any, settings: Settings) -> Any:
    """The task that stores all messages of a batch."""
    store, name = Store(settings), name_of(settings)

    def save(requests: Sequence[Any]) -> None:
        found = _documents(requests, name)
        try:
            if found:
                store.insert_all(found)
        except PyMongoError as error:
            # celery-batches acknowledges a batch whatever became of it: it must be back in the queue before that.
            log.warning("%d not stored: %s", len(requests), error)
            for request in requests:
                made.apply_async(request.args, task_id=request.id, countdown=WAIT)

    made = app.task(name=TASK, shared=False, base=Batches, flush_every=EVERY, flush_interval=SECONDS)(save)
    return made


def _documents(requests: Sequence[Any], name: str) -> list[Document]:
    found = []
    for request in requests:
        try:
            found.append(document(request.args[0].encode(), name))
        except DecodeError as error:
            log.error("dropped, it is no task: %s", error)
    return found


# Celery's command line takes an application, not a function that makes one.
_settings = read(os.environ)
app = configured(_settings)
task = with_batches(app, _settings)
