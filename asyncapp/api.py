"""The resources of the HTTP contract: what each request does, between the checks of ``core`` and the framework."""

import asyncio
import logging
import os
import socket
import time
from threading import BoundedSemaphore

from quart import Response, g, request

from asyncapp import metrics, tracing
from asyncapp.publisher import Publisher
from asyncapp.store import Store
from asyncapp.web import send
from core import reply
from core.accept import Producer, accept
from core.documents import same_content
from core.enrich import Document, content
from core.errors import KeyReused, StoreUnavailable, UnsupportedBody
from core.message import encode
from core.request import idempotency_key, is_json, parse_list_query, prefix, wait_seconds
from core.settings import LIMITS, Settings
from core.task import Task

NAME = "async"

log = logging.getLogger(__name__)


class Api:
    """The resources of the HTTP contract, one method each."""

    def __init__(self, settings: Settings, publisher: Publisher, store: Store) -> None:
        self._queue = settings.rabbit_queue
        self._producer = Producer(NAME, settings.host_name or socket.gethostname())
        self._publisher = publisher
        self._store = store
        self.draining = False
        """Set when the process is asked to stop: requests that wait for a task are then answered at once."""
        self._waiters = BoundedSemaphore(LIMITS.waiters)

    async def index(self) -> Response:
        """What this API offers."""
        return send(reply.index(prefix(g.headers), NAME))

    async def create_task(self) -> Response:
        """Accept a task: 202 after the broker's confirm."""
        headers = g.headers
        if not is_json(headers):
            raise UnsupportedBody
        body = await request.get_data(cache=False, as_text=False, parse_form_data=False)
        task = accept(body, headers, self._producer, g.request_id, time.time(), os.urandom(10))
        if idempotency_key(headers) is None or not await self._is_stored(task):
            with tracing.sending(task, self._queue) as traced:
                await self._publisher.publish(encode(task, self._queue, traced))
        log.info("task accepted", extra={"task_id": task.id, "request_id": g.request_id})
        return send(reply.queued(task, prefix(headers)))

    async def list_tasks(self) -> Response:
        """A page of the stored tasks, newest first."""
        query = parse_list_query(request.args.items(multi=True))
        return send(reply.page(await self._store.find(query), query, prefix(g.headers)))

    async def get_task(self, task_id: str) -> Response:
        """One stored task; with ``Prefer: wait=N``, as soon as it is stored."""
        document, waited = await self._find(task_id, wait_seconds(g.headers))
        if document is None:
            return send(reply.not_stored(task_id, g.request_id, waited))
        return send(reply.stored(document, waited))

    async def healthz(self) -> Response:
        """Whether the process is alive."""
        return send(reply.healthy())

    async def readyz(self) -> Response:
        """Whether the API can do its job, and what is missing if not."""
        parts = {"broker": self._publisher.missing, "store": await self._store.missing()}
        return send(reply.readiness({part: why for part, why in parts.items() if why}, g.request_id))

    async def close(self) -> None:
        """Nothing more is published: close the connection to the broker, hand on what is left of traces and counts."""
        await self._publisher.close()
        tracing.close()
        metrics.flush()

    async def _is_stored(self, task: Task) -> bool:
        """Whether the task with this idempotency key is stored already; raises KeyReused if that one is another."""
        try:
            document = await self._store.get(task.id)
        except StoreUnavailable:
            return False  # The worker looks again: a conflict it finds becomes a dead letter.
        if document is not None and not same_content(content(task), document):
            raise KeyReused("This Idempotency-Key was used for another task")
        return document is not None

    async def _find(self, task_id: str, wait: int) -> tuple[Document | None, int]:
        """The stored task, and how long a wait was granted: waiting takes little, but not nothing."""
        document = await self._store.get(task_id)
        if document is not None or not wait or not self._waiters.acquire(blocking=False):
            return document, 0
        try:
            return await self._wait_for(task_id, time.monotonic() + wait), wait
        finally:
            self._waiters.release()

    async def _wait_for(self, task_id: str, ends: float) -> Document | None:
        tracing.waits()
        document = None
        while document is None and time.monotonic() < ends and not self.draining:
            await asyncio.sleep(LIMITS.poll)
            document = await self._store.get(task_id)
        return document
