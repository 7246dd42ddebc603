"""Whether follow.py sends a task, finds it again once it is stored, and reads its passport."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from lessons.kit import hops
from lessons.kit.between import Answered, Asked, Between, Forward, between
from lessons.kit.place import Place
from lessons.kit.program import Ended
from lessons.kit.steps import step
from lessons.kit.verdict import expect
from lessons.kit.waiting import until

FILE = "follow.py"
WORK_MS = 400
STORED_WITHIN = 10.0
LINES = 3


@dataclass
class Sent:
    """What the student's program has sent, seen from beside it."""

    title: str
    ids: list[str] = field(default_factory=list)


def _slowed(place: Place, sent: Sent, asked: Asked, forward: Forward) -> Answered:
    """The task takes a while, so that nobody finds it stored at once; and meanwhile another one is stored."""
    if asked.method != "POST":
        return forward(asked)
    body = {**json.loads(asked.body), "work": {"io_ms": WORK_MS}}
    answer = forward(replace(asked, body=json.dumps(body).encode()))
    sent.ids.append(json.loads(answer.body).get("id", ""))
    with place.http() as http:
        other = http.post("/async/tasks", json={"title": f"not {sent.title}"}).json()["id"]
        http.get(f"/async/tasks/{other}", headers={"Prefer": "wait=5"})
    return answer


@contextmanager
def _watched(place: Place, sent: Sent) -> Iterator[Between]:
    with between(place.addresses["http"], lambda asked, forward: _slowed(place, sent, asked, forward)) as passed:
        yield passed


def _run(place: Place) -> tuple[Sent, Ended]:
    sent = Sent(f"Follow {place.word}")
    with _watched(place, sent) as passed:
        done = place.finish(FILE, sent.title, LAB_HTTP=passed.url)
    return sent, done


def _stored(place: Place, task_id: str) -> dict[str, Any] | None:
    def look() -> Any:
        with place.http() as http:
            answer = http.get(f"/flask/tasks/{task_id}")
        return answer.json() if answer.is_success else None

    found: dict[str, Any] | None = until(look, STORED_WITHIN)
    return found


@step("follow.py sends one task, and prints its id")
def sends(place: Place) -> None:
    """It is in the first line."""
    sent, done = _run(place)
    lines = done.printed.split()
    expect(lines[:1], "the id of the task that it has sent, in the first line", f"nothing printed; {done.last}")
    expect(len(sent.ids) == 1, "one POST to /flask/tasks", f"{len(sent.ids)} of them")
    expect(lines[0] == sent.ids[0], f"the id {sent.ids[0]}", lines[0])


@step("it waits until the task is stored")
def waits(place: Place) -> None:
    """202 is a promise, and not yet a stored task."""
    _, done = _run(place)
    what = f"{LINES} lines; the task is stored about {WORK_MS} ms after the 202"
    seen = f"the task is not there yet when you look for it:\n{done.last}"
    expect(done.code == 0 and len(done.printed.split()) == LINES, what, seen, hops.way(place))


@step("it reads the passport of its own task")
def reads(place: Place) -> None:
    """Many use one lab."""
    sent, done = _run(place)
    task = _stored(place, sent.ids[0])
    expect(task, "the task in the database", "it is not stored", hops.way(place))
    assert task is not None
    worker, waited = done.printed.split()[1:]
    ours = f"stored by {task['worker']} after {_waited(task)} ms"
    theirs = f"stored by {worker} after {waited} ms"
    near = waited.isdecimal() and abs(int(waited) - _waited(task)) <= 1
    what = "another task's passport: the newest task is somebody else's" if not near else theirs
    expect(near and worker == task["worker"], ours, f"{theirs}, {what}")


def _waited(task: dict[str, Any]) -> int:
    times = task["passport"]["times"]
    moments = [datetime.fromisoformat(times[name]) for name in ("accepted", "stored")]
    return round((moments[1] - moments[0]).total_seconds() * 1000)
