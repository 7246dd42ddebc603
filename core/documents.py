"""The collection of stored tasks: its name, its order, its indexes, and how a document is shown."""

from collections.abc import Mapping
from typing import Any

from core.clock import text
from core.enrich import Document

COLLECTION = "tasks"
STORED = "passport.times.stored"
NEWEST_FIRST = [(STORED, -1), ("_id", -1)]
INDEXES: tuple[list[tuple[str, int]], ...] = (
    NEWEST_FIRST,
    [("source", 1), *NEWEST_FIRST],
    [("worker", 1), *NEWEST_FIRST],
)


def public(document: Mapping[str, Any]) -> Document:
    """A stored document as the HTTP contract shows it."""
    fields = dict(document)
    passport = document["passport"]
    times = {hop: moment and text(moment) for hop, moment in passport["times"].items()}
    return {"id": fields.pop("_id"), "status": "stored", **fields, "passport": {**passport, "times": times}}


CONTENT = ("title", "notes", "work")


def same_content(document: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two documents of one id ask for the same task: a redelivery does, a conflict does not."""
    return all(document.get(field) == other.get(field) for field in CONTENT)
