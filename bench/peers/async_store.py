"""The collection of stored tasks for the asynchronous peers, as safe as ours. ``store`` is the same with pymongo."""

from asyncio import Lock

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import DuplicateKeyError

from bench.peers.store import OPTIONS, SAFE
from core.documents import COLLECTION, INDEXES
from core.enrich import Document
from core.outcome import is_duplicate
from core.settings import Settings


class Store:
    """Writes return when they are safe; what went wrong is a PyMongoError."""

    def __init__(self, settings: Settings) -> None:
        """Opens nothing before the first write, and belongs to the event loop that does it."""
        client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(settings.mongo_uri, **OPTIONS)
        self._tasks = client[settings.db_name].get_collection(COLLECTION, write_concern=SAFE)
        self._preparing = Lock()
        self._prepared = False

    async def insert(self, document: Document) -> None:
        """Store one document; nothing to do where its id is stored already."""
        await self._prepare()
        try:
            await self._tasks.insert_one(document)
        except DuplicateKeyError as error:
            if not is_duplicate(error.details or {}):
                raise

    async def _prepare(self) -> None:
        """Create the indexes once a process, in front of the first write."""
        if self._prepared:
            return
        async with self._preparing:
            if not self._prepared:
                for keys in INDEXES:
                    await self._tasks.create_index(keys)
                self._prepared = True
