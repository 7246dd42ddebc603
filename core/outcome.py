"""What a bulk insert has done, document by document, from the server's answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.delivery import Again, Dead, Done, Verdict
from core.documents import same_content
from core.enrich import Document
from core.errors import StoreUnavailable

DUPLICATE_KEY = 11000


def failures(details: Mapping[str, Any]) -> dict[int, Mapping[str, Any]]:
    """The write error of each document that was not inserted, by its place in the batch.

    Raises StoreUnavailable where the write concern failed: then not even the inserted ones are safe yet, and the
    whole batch must be written again.
    """
    if details.get("writeConcernErrors"):
        raise StoreUnavailable(f"MongoDB has not made the write safe: {details['writeConcernErrors'][0].get('errmsg')}")
    return {error["index"]: error for error in details.get("writeErrors", [])}


def is_duplicate(error: Mapping[str, Any]) -> bool:
    """Whether a write error says that the id is stored already."""
    return error.get("code") == DUPLICATE_KEY and list(error.get("keyPattern", {"_id": 1})) == ["_id"]


def verdicts(
    documents: Sequence[Document], failed: Mapping[int, Mapping[str, Any]], stored: Mapping[str, Document]
) -> list[Verdict]:
    """One verdict a document; ``stored`` holds, by id, what the collection has for the duplicates among them."""
    return [_verdict(document, failed.get(place), stored) for place, document in enumerate(documents)]


def _verdict(document: Document, error: Mapping[str, Any] | None, stored: Mapping[str, Document]) -> Verdict:
    if error is None:
        return Done()
    if not is_duplicate(error):
        return Again(f"MongoDB refused the document: {error.get('errmsg')}")
    known = stored.get(document["_id"])
    if known is None:
        return Again("MongoDB reported a duplicate id but has no such document")
    if same_content(document, known):
        return Done(duplicate=True)
    return Dead("conflict: another task is stored under this id")
