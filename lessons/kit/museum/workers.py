"""Drills of workers: killed, helped, poisoned."""

from collections.abc import Sequence
from threading import Event

from lessons.kit import wire
from lessons.kit.museum.link import Link
from lessons.kit.museum.room import (
    DIES_WITHIN,
    SETTLES_WITHIN,
    WITHIN,
    Account,
    Room,
    Task,
    encoded,
    finish_all,
    title,
    wait_for,
    working,
)
from lessons.kit.program import Running
from lessons.kit.verdict import expect
from lessons.kit.waiting import until

SOME, MANY = 8, 100
FIRST = 3
"""So many tasks are stored before the store goes away."""
TRIES = 4
"""So many writes come to nothing before a worker that goes on trying is killed."""
LOOP = 20
"""A message that was delivered so often will come for ever."""
POISON = (b"Water the plants", b'["a list"]', b'{"title": "no id"}')
TAKES_WITHIN = 2.0
"""A worker that wants everything has it by then: the broker sends as fast as it can."""


def away(room: Room) -> Account:
    """Every connection to the store is cut from the fourth write on."""
    tasks = room.offered(SOME)
    cut: list[str] = []

    def before(command: wire.Command) -> None:
        if command.writes and len(room.stored()) >= FIRST:
            cut.append(command.name)
            raise ConnectionResetError

    with wire.between(room, before=before) as store, room.running(room.file, MONGO_URI=store.uri) as running:
        until(lambda: len(cut) >= TRIES or not running.runs, WITHIN)
        expect(cut, "it begins to store what is in its queue", f"nothing; it said:\n{running.last}")
        running.kill()
    return _again(room, tasks)


def _again(room: Room, tasks: Sequence[Task]) -> Account:
    """A second worker, with everything well, where there is something left for it to do."""
    if room.left_alone():
        with working(room) as (running, seen):
            finish_all(room, running, seen, tasks)
    return room.settled(tasks)


def unanswered(room: Room) -> Account:
    """The third answer of the store never arrives, because the worker is not there any more."""
    tasks = room.offered(SOME)
    written, killed = Event(), Event()

    def answer(command: wire.Command, said: dict[str, object]) -> dict[str, object]:
        if command.writes and len(room.stored()) >= FIRST:
            written.set()
            killed.wait(WITHIN)
            raise ConnectionResetError
        return said

    with wire.between(room, answer=answer) as store, room.running(room.file, MONGO_URI=store.uri) as running:
        wait_for(running, written.is_set, "it stores what is in its queue")
        running.kill()
        killed.set()
    back, due = room.left_alone(), SOME - FIRST + 1
    seen = f"{back}, and {FIRST - 1} of {SOME} were answered when it was killed"
    expect(back >= due, f"at least {due} tasks back in the queue, as the store had not answered them", seen)
    return _again(room, tasks)


def helped(room: Room) -> str:
    """While the first task is being stored one sees how many the worker has taken."""
    tasks = room.offered(MANY)
    begun, over = Event(), Event()

    def before(command: wire.Command) -> None:
        if command.writes:
            begun.set()
            over.wait(WITHIN)

    with wire.between(room, before=before) as store, working(room, store.uri) as (running, between):
        wait_for(running, begun.is_set, "it stores what is in its queue")
        left = _left_for_others(room, running)
        over.set()
        most = MANY // 2
        seen = f"the first worker holds {MANY - left} of {MANY}, and has not finished one; {left} are left"
        expect(left >= most, f"at least {most} of {MANY} tasks left in the queue for the second worker", seen)
        finish_all(room, running, between, tasks)
    return f"{seen}; {room.settled(tasks)}"


def _left_for_others(room: Room, running: Running) -> int:
    """What is ready once a worker has as much as it takes."""
    with room.channel() as channel:

        def ready() -> int:
            return int(channel.queue_declare(room.queue, passive=True).method.message_count)

        until(lambda: ready() < MANY // 2, TAKES_WITHIN)
        running.must_run()
        return ready()


def poisoned(room: Room) -> str:
    """Three kinds of it, between tasks."""
    tasks = room.tasks(SOME)
    bodies = [encoded(task) for task in tasks]
    room.open()
    room.offer([*bodies[:2], *POISON, *bodies[2:]])

    def most(seen: Link) -> int:
        return max(seen.delivered.count(one) for one in POISON)

    with working(room) as (running, between):

        def loops() -> bool:
            return most(between) > LOOP

        until(lambda: room.has(tasks) or loops() or not running.runs, WITHIN)
        until(lambda: room.are_dead(len(POISON)) or loops() or not running.runs, DIES_WITHIN)
        times = most(between)
        running.must_run()
        until(lambda: not between.unsettled or loops(), SETTLES_WITHIN)
    seen = f"one message was delivered {times} times, and would come again"
    expect(times <= LOOP, "each message comes to an end, after a few attempts at most", seen)
    account = room.settled([*tasks, *({"title": title(one)} for one in POISON)], dead=map(title, POISON))
    return f"no message was delivered more than {times} time(s); {account}"
