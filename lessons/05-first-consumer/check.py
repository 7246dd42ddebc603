"""Whether consumer.py stores every task once, also where it is killed half-way, and what is no task harms no other."""

import json
from collections.abc import Sequence
from typing import Any

from lessons.kit import hops
from lessons.kit.place import Place
from lessons.kit.program import Running, wait_until
from lessons.kit.steps import step
from lessons.kit.verdict import expect
from lessons.kit.waiting import settled, until

FILE = "consumer.py"
QUICK, SLOW = 5, 250
MANY, SOME = 20, 8
QUIET = 4.0
"""A worker that has stored nothing for so long will store no more."""
SETTLES_WITHIN = 5.0


def _tasks(place: Place, count: int, io_ms: int) -> list[dict[str, Any]]:
    return [
        {"id": f"{place.word}-{number}", "title": f"{place.word} {number}", "io_ms": io_ms} for number in range(count)
    ]


def _begin(place: Place, bodies: Sequence[bytes]) -> None:
    """A queue that sends what is rejected to the dead letters, with these messages in it."""
    place.clean()
    dead = f"{place.queue}.dead"
    with place.channel() as channel:
        channel.queue_declare(dead, durable=True)
        letters = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead}
        channel.queue_declare(place.queue, durable=True, arguments=letters)
        channel.confirm_delivery()
        for body in bodies:
            channel.basic_publish("", place.queue, body)


def begin(place: Place) -> None:
    """Tasks that wait for a worker, and something that is none."""
    _begin(place, [*_encoded(_tasks(place, SOME, SLOW)), b"Water the plants"])


def end(place: Place) -> None:
    """All of them stored, or among the dead letters."""
    begin(place)
    with place.running(FILE) as running:
        wait_until(running, lambda: len(_stored(place)) == SOME, "every task stored", hop=hops.queue(place))
        until(lambda: (found := place.look(f"{place.queue}.dead")) and found.ready, SETTLES_WITHIN)


def _encoded(tasks: Sequence[dict[str, Any]]) -> list[bytes]:
    return [json.dumps(task).encode() for task in tasks]


def _stored(place: Place) -> set[str]:
    return {str(one["_id"]) for one in place.documents.find({}, {"_id": 1})}


def _settled(place: Place, running: Running, ids: set[str]) -> set[str]:
    """What is stored once everything is, or nothing more comes."""
    found = settled(lambda: _stored(place), lambda stored: stored >= ids or not running.runs, QUIET)
    running.must_run()
    return found


def _wait_for_all(place: Place, running: Running, tasks: Sequence[dict[str, Any]], expected: str) -> None:
    ids = {task["id"] for task in tasks}
    missing = len(ids - _settled(place, running, ids))
    expect(
        not missing, expected, f"{missing} of {len(ids)} are missing", f"{hops.queue(place)}; {hops.collection(place)}"
    )


@step("every task is stored, and then acknowledged")
def stores(place: Place) -> None:
    """And the queue is empty afterwards."""
    tasks = _tasks(place, MANY, QUICK)
    _begin(place, _encoded(tasks))
    with place.running(FILE) as running:
        _wait_for_all(place, running, tasks, "every task stored")
        titles = {one["title"] for one in place.documents.find()}
        expect(titles == {task["title"] for task in tasks}, "the titles as they were sent", sorted(titles)[:3])
    left = until(lambda: (found := place.look()) and not found.ready and not found.consumers, SETTLES_WITHIN)
    expect(
        left, "no task in the queue once the worker has ended", "what was not acknowledged came back", hops.queue(place)
    )


@step("kill -9 in the middle of a task loses nothing")
def survives(place: Place) -> None:
    """What was not acknowledged is delivered again, to the next worker."""
    tasks = _tasks(place, SOME, SLOW)
    _begin(place, _encoded(tasks))
    with place.running(FILE) as running:
        wait_until(running, lambda: len(_stored(place)) >= 2, "the first two tasks stored", hop=hops.queue(place))
        running.kill()
    until(lambda: (found := place.look()) and not found.consumers, SETTLES_WITHIN)
    ids = {task["id"] for task in tasks}
    with place.running(FILE) as running:
        lost = ids - _settled(place, running, ids)
    seen = f"{len(lost)} of {len(ids)} are lost: they were acknowledged, and are not stored"
    expect(not lost, "the second worker stores what the first could not", seen, hops.queue(place))


@step("what is no task goes to the dead letters, and its neighbours are stored")
def rejects(place: Place) -> None:
    """It would come back for ever otherwise."""
    tasks = _tasks(place, SOME, QUICK)
    bodies = _encoded(tasks)
    bodies[2:2] = [b"Water the plants"]
    _begin(place, bodies)
    dead = f"{place.queue}.dead"
    with place.running(FILE) as running:
        _wait_for_all(place, running, tasks, "every task stored, with something in between that is none")
        arrived = until(lambda: (found := place.look(dead)) and found.ready == 1, SETTLES_WITHIN)
        running.must_run()
    what = "the message that is no task among the dead letters"
    expect(arrived, what, "it is not there: it comes back to the worker again and again", hops.queue(place, dead))


@step("a task that is delivered twice is stored once")
def repeats(place: Place) -> None:
    """At-least-once means that it will happen."""
    (task,) = _tasks(place, 1, QUICK)
    _begin(place, _encoded([task, task]))
    with place.running(FILE) as running:
        _wait_for_all(place, running, [task], "the task stored")
        until(lambda: (found := place.look()) and not found.ready, SETTLES_WITHIN)
        running.must_run()
    letters = place.look(f"{place.queue}.dead")
    expect(place.documents.count_documents({}) == 1, "one document", hops.collection(place))
    expect(
        letters is None or not letters.ready,
        "no dead letter: a repetition is no error",
        hops.queue(place, f"{place.queue}.dead"),
    )
