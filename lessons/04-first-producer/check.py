"""Whether producer.py publishes so that nothing is lost, and says no where RabbitMQ says no."""

import json
from typing import Any

from lessons.kit import hops
from lessons.kit.place import Place
from lessons.kit.program import Ended
from lessons.kit.steps import step
from lessons.kit.verdict import expect

FILE = "producer.py"
PERSISTENT = 2
ROOM = 2
SENT = 5


def _titles(place: Place, count: int = 3) -> list[str]:
    return [f"{place.word} {number}" for number in range(1, count + 1)]


def _taken(place: Place) -> list[tuple[Any, bytes]]:
    """Everything that is in the student's queue; it is empty afterwards."""
    found = []
    with place.channel() as channel:
        while (got := channel.basic_get(place.queue, auto_ack=True))[0]:
            found.append((got[1], got[2]))
    return found


def _said(done: Ended, what: str) -> set[str]:
    """The ids that the program has called so."""
    lines = [line.split() for line in done.printed.splitlines()]
    return {line[1] for line in lines if len(line) > 1 and line[0] == what}


def begin(place: Place) -> None:
    """A queue to publish into."""
    place.declare()


def end(place: Place) -> None:
    """With messages in it."""
    place.declare()
    place.finish(FILE, *_titles(place))


@step("each title becomes one message in your queue")
def publishes(place: Place) -> None:
    """A JSON object with id and title; the id is also the message's."""
    place.declare()
    titles = _titles(place)
    done = place.finish(FILE, *titles)
    messages = _taken(place)
    what = f"a message in your queue for each title, {len(titles)} in all"
    expect(
        len(messages) == len(titles),
        what,
        f"{len(messages)} message(s); the program said:\n{done.last}",
        hops.queue(place),
    )
    for properties, body in messages:
        try:
            task = json.loads(body)
        except ValueError:
            task = None
        whole = isinstance(task, dict) and task.get("title") in titles and "id" in task
        expect(whole, "a JSON object with id and title", body[:200].decode(errors="replace"))
        expect(properties.message_id == task["id"], "the task's id as the message id", properties.message_id)
    told = _said(done, "confirmed")
    expect(told == {json.loads(body)["id"] for _, body in messages}, "each of them told as confirmed", done.last)


@step("its messages are on disk, and not only in memory")
def persists(place: Place) -> None:
    """A durable queue keeps persistent messages only."""
    place.declare()
    place.finish(FILE, *_titles(place))
    modes = {properties.delivery_mode for properties, _ in _taken(place)}
    seen = f"delivery_mode {modes}: they would be gone after a restart of RabbitMQ if the queue were a classic one"
    expect(modes == {PERSISTENT}, f"persistent messages (delivery_mode={PERSISTENT})", seen)


@step("where the queue is full, it says so")
def notices_a_full_queue(place: Place) -> None:
    """Only a confirm tells."""
    place.delete()
    with place.channel() as channel:
        limits = {"x-max-length": ROOM, "x-overflow": "reject-publish"}
        channel.queue_declare(place.queue, durable=True, arguments=limits)
    done = place.finish(FILE, *_titles(place, SENT))
    there = {json.loads(body)["id"] for _, body in _taken(place)}
    false = _said(done, "confirmed") - there
    seen = f"{len(false)} task(s) told as confirmed, and the queue has refused it" if false else done.last
    what = f"{ROOM} confirmed and {SENT - ROOM} refused: the queue has room for {ROOM}"
    honest = _said(done, "confirmed") == there and len(_said(done, "refused")) == SENT - len(there)
    expect(honest and done.code == 1, what, seen)


@step("where there is no such queue, it says so")
def notices_a_missing_queue(place: Place) -> None:
    """The broker confirms what no queue takes, unless the message is mandatory."""
    place.delete()
    done = place.finish(FILE, *_titles(place))
    seen = f"it called {len(_said(done, 'confirmed'))} of them confirmed, and nobody has it"
    if not _said(done, "confirmed"):
        seen = done.last
    refused = len(_said(done, "refused")) == len(_titles(place)) and done.code == 1
    expect(refused, "each of them told as refused, and 1 as the exit code", seen, hops.queue(place))
