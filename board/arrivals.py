"""Stored tasks as they are stored, from MongoDB's change stream; of many only a sample, so that looking stays cheap."""

import asyncio
from collections.abc import Mapping
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection
from pymongo.errors import PyMongoError

from board.settings import ARRIVALS, PATIENCE, Board
from core.clock import text
from core.documents import COLLECTION

Document = Mapping[str, Any]
SHOWN = ("_id", "title", "source", "worker", "passport.attempt", "passport.waited_ms", "passport.times")
PIPELINE: list[Mapping[str, Any]] = [
    {"$match": {"operationType": "insert"}},
    {"$project": {f"fullDocument.{name}": 1 for name in SHOWN}},
]
MILLISECONDS = int(PATIENCE * 1000)


def opened(board: Board) -> AsyncIOMotorClient[dict[str, Any]]:
    """A client whose every operation is bounded in time; it connects in the background."""
    bounds: dict[str, Any] = {"timeoutMS": MILLISECONDS, "serverSelectionTimeoutMS": MILLISECONDS}
    return AsyncIOMotorClient(board.lab.mongo_uri, tz_aware=True, appname="board", **bounds)


class Arrivals:
    """The stream, opened while somebody looks."""

    def __init__(self, board: Board) -> None:
        self._client = opened(board)
        self.tasks: AsyncIOMotorCollection[dict[str, Any]] = self._client[board.lab.db_name][COLLECTION]
        self._stream: Any = None
        self._overflows = False
        self.why = "not asked yet"
        self.stored = 0

    async def next(self, again: bool) -> tuple[list[dict[str, Any]], bool]:
        """What has been stored since the last call, and whether there was more than is shown one by one.

        ``again``: to be asked also where there was more the last time. The stream is opened anew then, which takes
        three commands of a database that is busy.
        """
        found: list[dict[str, Any]] = []
        if self._overflows and not again:
            return found, True
        try:
            stream = await self._opened()
            while len(found) < ARRIVALS and (change := await stream.try_next()) is not None:
                found.append(shown(change["fullDocument"]))
        except PyMongoError as error:
            if error.timeout:
                self._is_silent(error)
            await self._close()
            return found, False
        self._overflows = len(found) == ARRIVALS
        if self._overflows:
            # There are more than anybody can read: what was stored meanwhile is counted, and not fetched.
            await self._close()
        return found, self._overflows

    async def count(self) -> None:
        """How many are stored, as the database knows without counting; says why where it does not answer."""
        try:
            self.stored = await self.tasks.estimated_document_count()
            self.why = ""
        except PyMongoError as error:
            self._is_silent(error)

    def _is_silent(self, error: PyMongoError) -> None:
        """Until it is counted again, which says that it is not."""
        self.why = f"it does not answer ({type(error).__name__})"

    async def close(self) -> None:
        """Nobody looks any more."""
        await self._close()
        self._client.close()

    async def _opened(self) -> Any:
        if self._stream is None:
            # Wait for nothing: whoever asks comes again soon.
            self._stream = self.tasks.watch(PIPELINE, max_await_time_ms=1, batch_size=ARRIVALS)
        return self._stream

    async def _close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            try:
                await asyncio.wait_for(stream.close(), PATIENCE)
            except (PyMongoError, TimeoutError):
                return


def shown(document: Document) -> dict[str, Any]:
    """A stored task as the page lists it."""
    passport = document["passport"]
    times = {hop: moment and text(moment) for hop, moment in passport["times"].items()}
    return {
        "id": document["_id"],
        "title": document["title"],
        "source": document["source"],
        "worker": document["worker"],
        "attempt": passport["attempt"],
        "waited_ms": passport["waited_ms"],
        "times": times,
    }
