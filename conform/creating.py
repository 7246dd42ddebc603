"""``POST /tasks``: what is answered to a task, and to the same task sent again."""

import re

import httpx

from conform.demand import Unjudged, demand, must
from conform.sending import plant, task
from conform.service import Service, brief
from conform.shapes import Queued, read
from core.task import NOTES_LENGTH, TITLE_LENGTH

ACCEPTED, MALFORMED, UNPROCESSABLE = 202, 400, 422
UNUSABLE_KEYS = ("", "a b", "k" * 201)
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def accepted(answer: httpx.Response) -> str:
    """The id in the answer to a task; Unjudged where there is none, since what follows needs it."""
    try:
        found = str(answer.json()["id"]) if answer.is_success else ""
    except (ValueError, KeyError, TypeError):
        found = ""
    if not found:
        raise Unjudged(f"no task was accepted: {brief(answer)}")
    return found


def _plain(service: Service) -> httpx.Response:
    return service.once("plain", lambda: service.post({"title": service.title()}))


def _keyed(service: Service, key: str, **members: object) -> httpx.Response:
    return service.post({"title": service.title(), **members}, {"Idempotency-Key": key})


@demand("http", "accepted", "A task is answered 202, as application/json")
def status(service: Service) -> str:
    """The status says: taken, and not done yet."""
    answer = _plain(service)
    kind = answer.headers.get("content-type")
    must((answer.status_code, kind) == (ACCEPTED, "application/json"), f"{kind}, {brief(answer)}")
    return brief(answer)


@demand("http", "accepted-body", "The answer has id, status and source, and nothing else; status is queued")
def body(service: Service) -> str:
    """The id is how the client asks for the task later."""
    answer = _plain(service)
    accepted(answer)
    return str(read(answer.content, Queued))


@demand("http", "location", "Location leads to the task, under the prefix that the client used")
def location(service: Service) -> str:
    """A service behind a router knows its prefix from X-Forwarded-Prefix only."""
    answer = _plain(service)
    expected = f"{service.prefix}/tasks/{accepted(answer)}"
    found = answer.headers.get("location")
    must(found == expected, f"{f'Location: {found}' if found else 'no Location'}, and not {expected}")
    return f"Location: {found}"


@demand("http", "largest-task", f"A title of {TITLE_LENGTH} characters and notes of {NOTES_LENGTH} are accepted")
def largest(service: Service) -> str:
    """Characters are counted, and not bytes."""
    title = service.title()
    task = {"title": title + "ß" * (TITLE_LENGTH - len(title)), "notes": "é" * NOTES_LENGTH}
    answer = service.post(task)
    must(answer.is_success, brief(answer))
    return brief(answer)


@demand("http", "new-ids", "Without a key the same task sent twice is two tasks")
def new_ids(service: Service) -> str:
    """Two clients may want the same."""
    task = {"title": service.title()}
    ids = [accepted(service.post(task)) for _ in range(2)]
    must(ids[0] != ids[1], f"twice the id {ids[0]}")
    must(all(map(ID.fullmatch, ids)), f"ids that are no UUIDs: {ids}")
    return " and ".join(ids)


@demand("http", "same-key", "The same Idempotency-Key gives the same id")
def same_key(service: Service) -> str:
    """A client that got no answer sends its task again."""
    headers, task = {"Idempotency-Key": service.title().replace(" ", "-")}, {"title": service.title()}
    ids = [accepted(service.post(task, headers)) for _ in range(2)]
    must(ids[0] == ids[1], f"two ids, {ids[0]} and {ids[1]}")
    return f"twice {ids[0]}"


@demand("http", "key-of-another", "A key that another task was stored with is refused with 422")
def key_of_another(service: Service) -> str:
    """Else the second would be taken for the first."""
    key = service.title().replace(" ", "-")
    title = service.title()
    found = accepted(service.post({"title": title}, {"Idempotency-Key": key}))
    plant(service, [task(service, id=found, title=title)])
    answer = service.post({"title": service.title()}, {"Idempotency-Key": key})
    must(answer.status_code == UNPROCESSABLE, brief(answer))
    return brief(answer)


@demand("http", "unusable-key", "A key that is empty, has blanks or is too long is refused with 400")
def unusable_key(service: Service) -> str:
    """1 to 200 visible ASCII characters can be compared everywhere."""
    for key in UNUSABLE_KEYS:
        answer = _keyed(service, key)
        must(answer.status_code == MALFORMED, f"Idempotency-Key: {key[:20]!r}: {brief(answer)}")
    return f"{len(UNUSABLE_KEYS)} keys, {MALFORMED} each"
