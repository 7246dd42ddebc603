"""Whether consumer.py has several tasks in hand, and no more than it may; acknowledges last; finishes before it ends.

Judged by what happens while the database is held up: the check stands in front of it and lets writes through, or not.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from lessons.kit import hops, wire
from lessons.kit.gate import Gate, gate
from lessons.kit.place import Place
from lessons.kit.program import Running, wait_until
from lessons.kit.steps import step
from lessons.kit.verdict import NotYet, expect
from lessons.kit.waiting import settled, until

FILE = "consumer.py"
MANY, QUICK, SLOW = 24, 5, 400
PREFETCHES = (3, 4)
"""motor waits in threads, five for each processor: one processor is enough for these."""
QUIET = 4.0
"""A worker that has stored nothing for so long will store no more."""
SPILLS_WITHIN = 1.0
"""RabbitMQ delivers at once what it may: after so long without a change it delivers no more."""
BUSY = 30.0
"""A worker or a broker on a busy computer may take so long for what takes a moment elsewhere."""
HEARS_WITHIN = 5.0


def _tasks(place: Place, count: int = MANY, io_ms: int = QUICK) -> list[dict[str, Any]]:
    word = place.word
    return [{"id": f"{word}-{number}", "title": f"{word} {number}", "io_ms": io_ms} for number in range(count)]


def _prefetch(place: Place) -> int:
    """What the worker is told: another number for another student."""
    return place.random.choice(PREFETCHES)


def _begin(place: Place, tasks: Sequence[dict[str, Any]]) -> None:
    """A queue with these tasks in it, and an empty collection."""
    place.clean()
    with place.channel() as channel:
        channel.queue_declare(place.queue, durable=True)
        channel.confirm_delivery()
        for task in tasks:
            channel.basic_publish("", place.queue, json.dumps(task).encode())


def begin(place: Place) -> None:
    """Slow tasks that wait for a worker."""
    _begin(place, _tasks(place, io_ms=SLOW))


def end(place: Place) -> None:
    """All of them stored."""
    begin(place)
    with place.running(FILE) as running:
        wait_until(running, lambda: len(_stored(place)) == MANY, "every task stored", BUSY, hops.queue(place))


@contextmanager
def _worker(place: Place, uri: str = "") -> Iterator[Running]:
    """The student's, with its prefetch, and perhaps something in front of its database."""
    told = {"PREFETCH": str(_prefetch(place)), **({"MONGO_URI": uri} if uri else {})}
    with place.running(FILE, **told) as running:
        yield running


@contextmanager
def _held_up(place: Place) -> Iterator[tuple[Running, Gate]]:
    """The student's worker, and a gate that its writes have not passed yet. As many tasks as it takes wait there."""
    _begin(place, _tasks(place))
    with gate() as own, wire.between(place, before=own.before) as between, _worker(place, between.uri) as running:
        _fills_its_hands(place, running, own)
        running.must_run()
        try:
            yield running, own
        finally:
            # What it is held up in would hold up its end as well.
            running.kill()


def _fills_its_hands(place: Place, running: Running, own: Gate) -> None:
    """As many tasks as it takes wait at the gate."""
    wait_until(running, lambda: own.waiting, "consumer.py writes the first task", BUSY, hops.queue(place))
    settled(lambda: own.waiting, lambda found: found >= _prefetch(place) or not running.runs, QUIET)


def _stored(place: Place) -> list[str]:
    return [str(one["title"]) for one in place.documents.find({}, {"title": 1})]


def _ready(place: Place) -> int:
    found = place.look()
    return found.ready if found else 0


def _nobody_consumes(place: Place) -> bool:
    found = place.look()
    return found is None or not found.consumers


def _all_stored(place: Place, running: Running, tasks: Sequence[dict[str, Any]], expected: str) -> None:
    titles = sorted(task["title"] for task in tasks)
    consumes = "a consumer of your queue: consumer.py subscribes"
    wait_until(running, lambda: not _nobody_consumes(place), consumes, BUSY, hops.queue(place))
    found = settled(lambda: sorted(_stored(place)), lambda now: len(now) >= len(titles) or not running.runs, QUIET)
    running.must_run()
    missing, again = len(set(titles) - set(found)), len(found) - len(set(found))
    hop = f"{hops.queue(place)}; {hops.collection(place)}"
    expect(not missing, expected, f"{missing} of {len(titles)} are missing", hop)
    expect(not again, f"{len(titles)} documents, one a task", f"{again} more: there are tasks stored twice", hop)


@step("every task is stored")
def stores(place: Place) -> None:
    """The plain case."""
    tasks = _tasks(place)
    _begin(place, tasks)
    with _worker(place) as running:
        _all_stored(place, running, tasks, "every task stored")


@step("it has several tasks in hand at a time, as many as its prefetch")
def overlaps(place: Place) -> None:
    """So many wait in front of a database that is held up."""
    prefetch = _prefetch(place)
    with _held_up(place) as (running, own):
        most = own.waiting
        expected = f"PREFETCH={prefetch}: with a slow database, {prefetch} tasks wait for it at the same time"
        if most < prefetch:
            raise NotYet(expected, f"{most} at a time: {_why_so_few(place, running)}", hops.queue(place))


def _why_so_few(place: Place, running: Running) -> str:
    """A worker whose event loop is blocked does not even hear that it shall stop."""
    running.ask_to_stop()
    hears = until(lambda: not running.runs or _nobody_consumes(place), HEARS_WITHIN)
    return "one waits for the other" if hears else "its event loop stands still with the first, and hears nothing else"


@step("what it has no hand free for stays in the queue, and nothing is acknowledged before it is stored")
def holds_back(place: Place) -> None:
    """Taken away and killed while nothing at all could be stored."""
    prefetch = _prefetch(place)
    with _held_up(place) as (running, _):
        left = settled(lambda: _ready(place), lambda _: False, SPILLS_WITHIN)
        hop = hops.queue(place)
        running.kill()
    until(lambda: _nobody_consumes(place), BUSY)
    back = settled(lambda: _ready(place), lambda found: found == MANY, SPILLS_WITHIN)
    seen = f"{MANY - back} of {MANY} are lost: they were acknowledged, and the database had none of them"
    expect(back == MANY, "every task back in the queue when the worker is killed before it could store", seen)
    what = f"PREFETCH={prefetch}: {MANY - prefetch} of {MANY} tasks wait in the queue while the database is slow"
    expect(left >= MANY - prefetch, what, f"{left}: the worker has taken {MANY - left} into its memory", hop)


@step("asked to stop, it takes nothing more, finishes what it has in hand, and ends with 0")
def drains(place: Place) -> None:
    """SIGTERM while the database is held up, which then goes on."""
    prefetch = _prefetch(place)
    with _held_up(place) as (running, own):
        running.ask_to_stop()
        hears = until(lambda: not running.runs or _nobody_consumes(place), BUSY)
        _must_finish(running, prefetch)
        expect(hears, "no consumer any more, soon after SIGTERM", "it still takes tasks", hops.queue(place))
        own.open()
        ended = until(lambda: not running.runs, BUSY)
        expect(ended, "it ends once all that it had in hand is stored", f"it still runs:\n{running.last}")
        code, last = running.process.returncode, running.last
    hop = f"{hops.queue(place)}; {hops.collection(place)}"
    expect(code == 0, "exit code 0", f"{code}:\n{last}", hop)
    stored, left = len(_stored(place)), _ready(place)
    what = f"the {prefetch} tasks in hand stored and acknowledged, and the other {MANY - prefetch} in the queue"
    dropped = f"{left - MANY + prefetch} that it had in hand are back in the queue: dropped, and not acknowledged"
    expect(left <= MANY - prefetch, what, dropped, hop)
    expect((stored, left) == (prefetch, MANY - prefetch), what, f"{stored} stored, {left} in the queue", hop)


def _must_finish(running: Running, prefetch: int) -> None:
    """It has tasks in hand still, because nothing could be stored."""
    what = f"after SIGTERM it waits until the {prefetch} tasks in hand are stored"
    seen = (
        f"it has ended with {running.process.returncode}, with tasks in hand: dropped, and not stored:\n{running.last}"
    )
    expect(running.runs, what, seen)


@step("killed between store and acknowledgement, it is given those tasks again, and stores none twice")
def repeats(place: Place) -> None:
    """The database answers too late; then another worker begins, and is asked to stop at the end."""
    tasks = _tasks(place)
    _begin(place, tasks)
    with gate() as own, wire.between(place, answer=own.answer) as between, _worker(place, between.uri) as running:
        _fills_its_hands(place, running, own)
        running.kill()
    until(lambda: _nobody_consumes(place), BUSY)
    with _worker(place) as running:
        _all_stored(place, running, tasks, "the second worker stores what is left: some come again, and are there")
        running.ask_to_stop()
        until(lambda: not running.runs, BUSY)
    left = settled(lambda: _ready(place), lambda found: not found, SPILLS_WITHIN)
    what = "an empty queue at the end: a repetition that is stored already is acknowledged like any other"
    expect(not left, what, f"{left} task(s) came back into the queue", hops.queue(place))
