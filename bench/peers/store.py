"""The collection of stored tasks for the synchronous peers, as safe as ours. ``async_store`` is the same with motor."""

from collections.abc import Sequence
from threading import Lock
from typing import Any

from pymongo import MongoClient, WriteConcern
from pymongo.errors import BulkWriteError, DuplicateKeyError

from core.documents import COLLECTION, INDEXES
from core.enrich import Document
from core.outcome import failures, is_duplicate
from core.settings import LIMITS, Settings

SAFE = WriteConcern("majority", j=True)
MILLISECONDS = int(LIMITS.store_timeout * 1000)
OPTIONS: dict[str, Any] = {"timeoutMS": MILLISECONDS, "serverSelectionTimeoutMS": MILLISECONDS}


class Store:
    """Writes return when they are safe; what went wrong is a PyMongoError."""

    def __init__(self, settings: Settings) -> None:
        """Opens nothing before the first write, so that a process may fork until then."""
        client: MongoClient[Document] = MongoClient(settings.mongo_uri, connect=False, **OPTIONS)
        self._tasks = client[settings.db_name].get_collection(COLLECTION, write_concern=SAFE)
        self._preparing = Lock()
        self._prepared = False

    def insert(self, document: Document) -> None:
        """Store one document; nothing to do where its id is stored already."""
        self._prepare()
        try:
            self._tasks.insert_one(document)
        except DuplicateKeyError as error:
            if not is_duplicate(error.details or {}):
                raise

    def insert_all(self, documents: Sequence[Document]) -> None:
        """Store documents in one write; nothing to do for those whose id is stored already."""
        self._prepare()
        try:
            self._tasks.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            if not all(map(is_duplicate, failures(error.details).values())):
                raise

    def _prepare(self) -> None:
        """Create the indexes once a process, in front of the first write."""
        if self._prepared:
            return
        with self._preparing:
            if not self._prepared:
                for keys in INDEXES:
                    self._tasks.create_index(keys)
                self._prepared = True
