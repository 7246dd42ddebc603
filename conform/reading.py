"""``GET /tasks/{id}``: one stored task, now or as soon as it is there."""

import time
import uuid

import httpx

from conform.demand import Unjudged, Violated, demand, must
from conform.refusing import NOT_FOUND
from conform.sending import message, publish, stored, task, works
from conform.service import Document, Service, brief, until
from conform.serving import OK
from conform.shapes import Stored, read
from conform.tap import tap
from core.task import Work

ABSENT = ("x", "0" * 64, "%24ne", "a%20b")
SECONDS = 1
SOON = 15.0
APPEARS_WITHIN = 5.0


def one_stored(service: Service) -> Document:
    """A stored document; Unjudged where the worker stores nothing, because then there is nothing to read."""
    try:
        return works(service)
    except Violated as error:
        raise Unjudged(f"no task is stored that could be read: {error}") from error


def shown(service: Service) -> httpx.Response:
    """The answer to a GET for a stored task."""

    def look() -> httpx.Response:
        path = f"/tasks/{one_stored(service)['_id']}"
        return until(lambda: _found(service, path), APPEARS_WITHIN) or service.ask("GET", path)

    return service.once("shown", look)


def _found(service: Service, path: str) -> httpx.Response | None:
    answer = service.ask("GET", path)
    return answer if answer.status_code == OK else None


@demand("http", "stored-task", "A stored task is answered 200, with all its members and its passport")
def stored_task(service: Service) -> str:
    """No member too many, times with their zone."""
    answer = shown(service)
    must(answer.status_code == OK, brief(answer))
    told = read(answer.content, Stored)
    document = one_stored(service)
    must((told.id, told.title) == (document["_id"], document["title"]), f"another task: {brief(answer)}")
    return f"{told.id}, stored by {told.worker}"


@demand("http", "not-stored", "A task that is not stored, or cannot be, is answered 404")
def not_stored(service: Service) -> str:
    """To a client an id that cannot be is like one that is not there."""
    for task_id in (str(uuid.uuid4()), *ABSENT):
        answer = service.ask("GET", f"/tasks/{task_id}")
        must(answer.status_code == NOT_FOUND, f"/tasks/{task_id[:40]}: {brief(answer)}")
    return f"{len(ABSENT) + 1} ids, {NOT_FOUND} each"


@demand("http", "wait", "Prefer: wait answers as soon as the task is stored, and says that it has waited")
def wait(service: Service) -> str:
    """The time asked for is a bound, and not a pause."""
    one_stored(service)
    one = task(service, "awaited", work=Work(io_ms=300))
    publish(service, [message(service, one)])
    answer = service.ask("GET", f"/tasks/{one.id}", headers={"Prefer": "wait=18"})
    waited = answer.headers.get("preference-applied")
    if answer.status_code == OK and waited is None:
        return _again(service)
    must((OK, "wait=18") == (answer.status_code, waited), f"Preference-Applied: {waited}, {brief(answer)}")
    return f"Preference-Applied: {waited}"


def _again(service: Service) -> str:
    """It was stored before it was asked for: so this time it is held back until the question is on its way."""
    one = task(service, "held back")
    with tap(service) as tapped:
        publish(service, [message(service, one)])
        tapped.find(lambda letter: letter.properties.message_id == one.id)
        answer = service.ask("GET", f"/tasks/{one.id}", headers={"Prefer": f"wait={SECONDS}"})
    waited = answer.headers.get("preference-applied")
    must((NOT_FOUND, f"wait={SECONDS}") == (answer.status_code, waited), f"{waited}, {brief(answer)}")
    stored(service, [one.id])
    return f"Preference-Applied: {waited}"


@demand("http", "wait-ends", "Prefer: wait for a task that never comes ends in time, with 404")
def wait_ends(service: Service) -> str:
    """Not before, and not long after."""
    started = time.monotonic()
    answer = service.ask("GET", f"/tasks/{uuid.uuid4()}", headers={"Prefer": f"wait={SECONDS}"})
    took = time.monotonic() - started
    waited = answer.headers.get("preference-applied")
    must((NOT_FOUND, f"wait={SECONDS}") == (answer.status_code, waited), f"Preference-Applied: {waited}, {brief(answer)}")
    must(SECONDS <= took < SOON, f"after {took:.1f} s")
    return f"{NOT_FOUND} after {took:.1f} s"
