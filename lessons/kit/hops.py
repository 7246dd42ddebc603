"""Where the chain breaks first, said from the lab as it is now: for whoever has to mend it."""

import httpx
from pymongo.errors import PyMongoError

from lessons.kit.place import Place

UNWELL = 400


def queue(place: Place, name: str = "") -> str:
    """The queue: whether it is there, what waits in it, and who consumes it."""
    found = place.look(name)
    if found is None:
        return f"there is no queue {name or place.queue}"
    who = f"{found.consumers} consumer(s)" if found.consumers else "no consumer"
    unacknowledged = _held(place, found.name)
    who = f"{who}, {unacknowledged} unacknowledged" if unacknowledged else who
    return f"queue {found.name}: {found.ready} ready, {who}"


def _held(place: Place, name: str) -> int:
    """What consumers hold, as the broker has counted it a few seconds ago."""
    with place.management() as http:
        answer = http.get(f"/queues/%2F/{name}")
    return int(answer.json().get("messages_unacknowledged", 0)) if answer.is_success else 0


def collection(place: Place) -> str:
    """The student's collection: how much is in it, and its indexes."""
    try:
        count = place.documents.count_documents({})
        indexes = ", ".join(sorted(place.documents.index_information())) or "none"
    except PyMongoError as error:
        return f"MongoDB does not answer: {error}"
    return f"collection {place.documents.full_name}: {count} document(s), indexes: {indexes}"


def way(place: Place) -> str:
    """The lab's own chain: the first part of it that is not well; empty where all are."""
    for path in ("/healthz", "/flask/readyz", "/async/readyz"):
        said = _asked(place, path)
        if said:
            return said
    work = place.look(place.addresses["queue"])
    if work is None or not work.consumers:
        return f"nobody consumes {place.addresses['queue']}: ./lab start pyworker"
    return ""


def _asked(place: Place, path: str) -> str:
    try:
        with place.http() as http:
            answer = http.get(path)
    except httpx.HTTPError as error:
        return f"GET {path}: nginx does not answer ({type(error).__name__}): ./lab status"
    if answer.status_code < UNWELL:
        return ""
    return f"GET {path}: {answer.status_code}: {_detail(answer)[:300]}"


def _detail(answer: httpx.Response) -> str:
    """The words of a problem document, which say whose answer it is; else the answer as it is."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return answer.text
