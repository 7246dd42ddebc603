"""The collection of stored tasks, through motor. In the sync case the same, through pymongo."""

import time
from collections.abc import Sequence
from typing import Any

import pymongo
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import WriteConcern
from pymongo.errors import BulkWriteError, PyMongoError

from asyncapp import metrics, tracing
from core.delivery import Done, Verdict
from core.documents import COLLECTION, CONTENT, INDEXES, NEWEST_FIRST
from core.enrich import Document
from core.errors import InvalidSetting, StoreUnavailable
from core.outcome import failures, is_duplicate, verdicts
from core.page import ListQuery, filter_of
from core.settings import LIMITS, Settings

# Acknowledged by a majority and in the journal: with less, a task could be lost after its message was acknowledged.
SAFE = WriteConcern("majority", j=True)
MILLISECONDS = int(LIMITS.store_timeout * 1000)
# Without these a client waits 30 seconds for a server, and for ever on a socket.
OPTIONS: dict[str, Any] = {"tz_aware": True, "timeoutMS": MILLISECONDS, "serverSelectionTimeoutMS": MILLISECONDS}


class Store:
    """Stored tasks. Every operation is bounded in time and raises StoreUnavailable when the database is not there."""

    def __init__(self, settings: Settings) -> None:
        """Connects in the background: a database that is down is found out by the first operation."""
        try:
            self._client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(settings.mongo_uri, **OPTIONS)
        except (PyMongoError, ValueError) as error:
            raise InvalidSetting(f"MONGO_URI cannot be used: {error}") from error
        database = self._client[settings.db_name]
        self._tasks = database.get_collection(COLLECTION, write_concern=SAFE)
        self._prepared = False
        self._rests_until = 0.0

    async def insert(self, documents: Sequence[Document]) -> list[Verdict]:
        """Store documents in one unordered write; one verdict each, so that one failure harms no neighbour."""
        try:
            await self._prepare()
            with metrics.storing("insert"), tracing.storing("insert", documents):
                await self._tasks.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            return await self._sort_out(documents, error.details)
        except PyMongoError as error:
            raise self._unavailable(error) from error
        return [Done()] * len(documents)

    async def get(self, task_id: str) -> Document | None:
        """The document with this id, or None."""
        self._must_be_up()
        try:
            with metrics.storing("get"), tracing.storing("get"), pymongo.timeout(LIMITS.read_timeout):
                return await self._tasks.find_one({"_id": task_id})
        except PyMongoError as error:
            raise self._unavailable(error) from error

    async def find(self, query: ListQuery) -> list[Document]:
        """The documents of a page, newest first, and one more if there is a next page."""
        self._must_be_up()
        try:
            with metrics.storing("find"), tracing.storing("find"), pymongo.timeout(LIMITS.read_timeout):
                found = self._tasks.find(filter_of(query), sort=NEWEST_FIRST, limit=query.limit + 1)
                return await found.to_list(query.limit + 1)
        except PyMongoError as error:
            raise self._unavailable(error) from error

    async def missing(self) -> str:
        """Why nothing can be stored or read now; empty when all is well."""
        try:
            self._must_be_up()
            with pymongo.timeout(LIMITS.probe_timeout):
                await self._client.admin.command("ping")
        except StoreUnavailable as error:
            return str(error)
        except PyMongoError as error:
            return str(self._unavailable(error))
        return ""

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    async def _prepare(self) -> None:
        """Create the indexes once a process, in front of the first write."""
        if not self._prepared:
            for keys in INDEXES:
                await self._tasks.create_index(keys)
            self._prepared = True

    async def _sort_out(self, documents: Sequence[Document], details: Any) -> list[Verdict]:
        failed = failures(details)
        ids = [documents[place]["_id"] for place, error in failed.items() if is_duplicate(error)]
        try:
            found = self._tasks.find({"_id": {"$in": ids}}, dict.fromkeys(CONTENT, 1))
            stored = {document["_id"]: document for document in await found.to_list(len(ids) or 1)}
        except PyMongoError as error:
            raise self._unavailable(error) from error
        return verdicts(documents, failed, stored)

    def _must_be_up(self) -> None:
        """While the database is down, one reader finds out; the others need not wait for the same silence."""
        if time.monotonic() < self._rests_until:
            raise StoreUnavailable("MongoDB does not answer")

    def _unavailable(self, error: Exception) -> StoreUnavailable:
        self._rests_until = time.monotonic() + LIMITS.store_rest
        metrics.STORE_FAILURES.inc()
        return StoreUnavailable(f"MongoDB does not answer ({type(error).__name__})")
