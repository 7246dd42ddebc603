"""Drills of workers whose store is not well: late, refusing, choosy."""

import time
from threading import Event

from lessons.kit import wire
from lessons.kit.museum.room import (
    DIES_WITHIN,
    SETTLES_WITHIN,
    WITHIN,
    Account,
    Room,
    encoded,
    finish_all,
    wait_for,
    working,
)
from lessons.kit.museum.workers import LOOP
from lessons.kit.place import Document
from lessons.kit.verdict import expect
from lessons.kit.waiting import until

SOME = 6
LATE = 3.0
"""So long an answer is held back from a worker that waits for it."""
WINDOW = 5.0
"""So long the store refuses."""
MOST = 20
"""More attempts in that time are a burden."""
TOO_LATE = {"ok": 0.0, "code": 50, "codeName": "MaxTimeMSExpired", "errmsg": "operation exceeded time limit"}
LONGEST = 200
"""Characters of a title that the store takes."""


def late(room: Room) -> Account:
    """The first is written, and who waits for the answer is told that the time is over; the second is not written."""
    tasks = room.offered(SOME)
    over = Event()
    first: list[object] = []
    second: list[object] = []

    def before(command: wire.Command) -> None:
        if not command.writes:
            return
        if first and _operation(command) != first[0]:
            over.set()
        if tasks[1]["id"] in str(command.body) and _operation(command) in (second or [_operation(command)]):
            second.append(_operation(command))
            raise wire.Refused(TOO_LATE)

    def answer(command: wire.Command, said: Document) -> Document:
        if not command.writes or (first and _operation(command) != first[0]):
            return said
        first.append(_operation(command))
        over.wait(LATE)
        return TOO_LATE

    with (
        wire.between(room, before=before, answer=answer) as store,
        working(room, store.uri) as (running, between),
    ):
        finish_all(room, running, between, tasks)
    return room.settled(tasks)


def _operation(command: wire.Command) -> object:
    """The same for a write and for what the driver itself repeats of it."""
    return str(command.body.get("lsid")), command.body.get("txnNumber")


def refused(room: Room) -> str:
    """Every write is answered with an error for five seconds; nobody looks at how fast the worker is afterwards."""
    tasks = room.offered(1)
    tries: list[float] = []
    well = Event()

    def before(command: wire.Command) -> None:
        if command.writes and not well.is_set():
            tries.append(time.monotonic())
            raise wire.Refused(TOO_LATE)

    with wire.between(room, before=before) as store, working(room, store.uri) as (running, between):
        wait_for(running, lambda: bool(tries), "it stores what is in its queue")
        until(lambda: len(tries) >= MOST or time.monotonic() > tries[0] + WINDOW or not running.runs, WITHIN)
        seen = f"{len(tries)} attempts at one task in {tries[-1] - tries[0]:.1f} s"
        running.must_run()
        well.set()
        expect(len(tries) < MOST, f"fewer than {MOST} attempts in {WINDOW:g} s at a store that is not well", seen)
        until(lambda: (room.has(tasks) or room.are_dead(1)) and not between.unsettled, WITHIN)
    return f"{seen}; {room.settled(tasks)}"


def choosy(room: Room) -> str:
    """One task has a title that is longer than the store takes; its neighbours are as always."""
    tasks = room.tasks(2 * SOME)
    tasks[2]["title"] = f"{tasks[2]['title']} {'x' * LONGEST}"
    room.open()
    rule = {"$jsonSchema": {"properties": {"title": {"maxLength": LONGEST}}}}
    room.documents.database.create_collection(room.documents.name, validator=rule)
    bodies = [encoded(task) for task in tasks]
    room.offer(bodies)
    with working(room) as (running, between):

        def loops() -> bool:
            return between.delivered.count(bodies[2]) > LOOP

        until(lambda: loops() or room.has(tasks[-1:]) or not running.runs, WITHIN)
        running.must_run()
        until(lambda: (room.has(tasks[:2] + tasks[3:]) and room.are_dead(1)) or loops(), DIES_WITHIN)
        times = between.delivered.count(bodies[2])
        running.must_run()
        until(lambda: not between.unsettled or loops(), SETTLES_WITHIN)
    seen = f"the task that the store refuses was delivered {times} times, and would come again"
    expect(times <= LOOP, "each task comes to an end, after a few attempts at most", seen)
    return f"it was delivered {times} time(s); {room.settled(tasks, [tasks[2]['title']])}"
