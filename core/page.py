"""Pages of the stored tasks: what a query asks for, where a page ends, how the next is found."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.clock import at, to_ms
from core.documents import STORED
from core.enrich import Document
from core.errors import InvalidRequest

MAX_LIMIT = 100
USUAL_LIMIT = 50

_CURSOR = re.compile(r"([0-9]{1,13})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


@dataclass(frozen=True)
class Cursor:
    """The last task of a page; the next page begins behind it, however many tasks have come since."""

    stored: datetime
    id: str


@dataclass(frozen=True)
class ListQuery:
    """The query of ``GET /tasks``."""

    limit: int = USUAL_LIMIT
    after: Cursor | None = None
    source: str | None = None
    worker: str | None = None


def cursor_of(document: Document) -> str:
    """The text that stands for a document in a ``next`` link: when it was stored, and its id."""
    return f"{to_ms(document['passport']['times']['stored'])}.{document['_id']}"


def parse_cursor(text: str) -> Cursor:
    """The cursor in ``text``; raises InvalidRequest for one that no ``next`` link of ours can hold."""
    match = _CURSOR.fullmatch(text)
    if not match:
        raise InvalidRequest("after must be taken from a page's next link")
    return Cursor(at(int(match[1]) / 1000), match[2])


def filter_of(query: ListQuery) -> dict[str, Any]:
    """The MongoDB filter for a page: its bound on the first key of the index keeps page 100 as cheap as page 1."""
    wanted: dict[str, Any] = {}
    if query.source:
        wanted["source"] = query.source
    if query.worker:
        wanted["worker"] = query.worker
    if query.after:
        stored, last = query.after.stored, query.after.id
        wanted[STORED] = {"$lte": stored}
        wanted["$or"] = [{STORED: {"$lt": stored}}, {"_id": {"$lt": last}}]
    return wanted
