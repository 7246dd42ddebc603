"""MongoDB as seen from outside: what is stored, without an API in between."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import PyMongoError

from core.documents import COLLECTION
from tests.support.stack import Stack

Document = dict[str, Any]


@contextmanager
def tasks(stack: Stack, timeout: float = 5.0) -> Iterator[Collection[Document]]:
    """The collection of stored tasks."""
    milliseconds = int(timeout * 1000)
    client: MongoClient[Document] = MongoClient(
        stack.addresses["mongo"], tz_aware=True, timeoutMS=milliseconds, serverSelectionTimeoutMS=milliseconds
    )
    with client:
        yield client[stack.addresses["db"]][COLLECTION]


def takes_writes(stack: Stack) -> bool:
    """Whether the database answers and is the primary of its replica set."""
    try:
        with tasks(stack, timeout=1) as collection:
            return bool(collection.database.client.admin.command("hello")["isWritablePrimary"])
    except PyMongoError:
        return False
