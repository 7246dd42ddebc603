"""``GET /tasks/{id}``: one stored task, now or as soon as it is there."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for

from conform.demand import demand, must
from conform.refusing import NOT_FOUND
from conform.sending import plant, task
from conform.service import Document, Service, brief
from conform.serving import OK
from conform.shapes import Stored, read

ABSENT = ("x", "0" * 64, "%24ne", "a%20b")
SECONDS = 1
SOON = 15.0
LONG = 19
A_MOMENT = 0.4


def _planted(service: Service) -> Document:
    """A stored task."""
    return service.once("planted", lambda: plant(service, [task(service, notes="With #Notes")])[0])


@demand("http", "stored-task", "A stored task is answered 200, with all its members and its passport")
def stored_task(service: Service) -> str:
    """No member too many, times with their zone."""
    document = _planted(service)
    answer = service.ask("GET", f"/tasks/{document['_id']}")
    must(answer.status_code == OK, brief(answer))
    told = read(answer.content, Stored)
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
    one = task(service, "awaited")
    with ThreadPoolExecutor(1) as pool:
        started = time.monotonic()
        asked = pool.submit(service.ask, "GET", f"/tasks/{one.id}", headers={"Prefer": f"wait={LONG}"})
        wait_for([asked], timeout=A_MOMENT)
        plant(service, [one])
        answer, took = asked.result(), time.monotonic() - started
    waited = answer.headers.get("preference-applied")
    must((OK, f"wait={LONG}") == (answer.status_code, waited), f"Preference-Applied: {waited}, {brief(answer)}")
    must(took < LONG, f"it was stored after {A_MOMENT} s, and told after {took:.1f} s")
    return f"Preference-Applied: {waited}, after {took:.1f} s"


@demand("http", "wait-ends", "Prefer: wait for a task that never comes ends in time, with 404")
def wait_ends(service: Service) -> str:
    """Not before, and not long after."""
    started = time.monotonic()
    answer = service.ask("GET", f"/tasks/{uuid.uuid4()}", headers={"Prefer": f"wait={SECONDS}"})
    took = time.monotonic() - started
    waited = answer.headers.get("preference-applied")
    must(
        (NOT_FOUND, f"wait={SECONDS}") == (answer.status_code, waited), f"Preference-Applied: {waited}, {brief(answer)}"
    )
    must(SECONDS <= took < SOON, f"after {took:.1f} s")
    return f"{NOT_FOUND} after {took:.1f} s"
