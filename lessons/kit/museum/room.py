"""A room of the museum: a queue, dead letters and a collection for one exhibit, and the account of its tasks."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lessons.kit.museum.link import Link, between
from lessons.kit.place import Channel, Place
from lessons.kit.ports import free_port
from lessons.kit.program import Running
from lessons.kit.verdict import NotYet, expect
from lessons.kit.waiting import until

Task = dict[str, Any]
WITHIN = 30.0
"""So long an exhibit may take on a busy computer."""
DIES_WITHIN = 4.0
"""A message that is rejected is among the dead letters by then."""
SETTLES_WITHIN = 5.0
"""A worker has said its word on all that is stored by then."""
GRACE = 1.0
"""So long is waited for what should not be missing any more."""


@dataclass(frozen=True)
class Room(Place):
    """Where one exhibit is tried, beside the others."""

    exhibit: str = ""

    @property
    def name(self) -> str:
        """What everything in this room is called."""
        return f"lesson.{self.student}.{self.lesson:02d}.{self.exhibit[-2:]}"

    queue = name

    @property
    def file(self) -> str:
        """The exhibit itself."""
        return f"{self.exhibit}.py"

    @property
    def dead(self) -> str:
        """The queue of its dead letters."""
        return f"{self.name}.dead"

    def tasks(self, count: int) -> list[Task]:
        """Tasks that only this student's drill has."""
        return [{"id": f"{self.word}-{number:03d}", "title": f"{self.word} {number:03d}"} for number in range(count)]

    def open(self, **arguments: Any) -> None:
        """Nothing of an earlier drill is left; a durable queue, which sends what is rejected to the dead letters."""
        self.clean()
        letters = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": self.dead}
        with self.channel() as channel:
            channel.queue_declare(self.dead, durable=True)
            channel.queue_declare(self.queue, durable=True, arguments={**letters, **arguments})

    def offer(self, bodies: Iterable[bytes]) -> None:
        """These messages wait in the queue, in this order."""
        with self.channel() as channel:
            channel.confirm_delivery()
            for body in bodies:
                channel.basic_publish("", self.queue, body)

    def offered(self, count: int, **arguments: Any) -> list[Task]:
        """An open room with so many tasks in its queue."""
        tasks = self.tasks(count)
        self.open(**arguments)
        self.offer(map(encoded, tasks))
        return tasks

    def written(self, tasks: Sequence[Task]) -> str:
        """A file with these tasks, one a line, for a program that sends them."""
        file = self.scratch / f"{self.exhibit}.jsonl"
        file.write_text("".join(f"{json.dumps(task)}\n" for task in tasks), encoding="utf-8")
        return str(file)

    def stored(self) -> "Counter[str]":
        """How often each title is stored."""
        return Counter(str(one.get("title")) for one in self.documents.find({}, {"title": 1}))

    def has(self, tasks: Iterable[Task]) -> bool:
        """Whether all of these are stored."""
        return {task["title"] for task in tasks} <= set(self.stored())

    def are_dead(self, count: int) -> bool:
        """Whether there are so many dead letters."""
        found = self.look(self.dead)
        return found is not None and found.ready >= count

    def left_alone(self) -> int:
        """How much waits in the queue when nobody consumes it any more, with all that was not acknowledged."""
        until(lambda: (found := self.look()) and not found.consumers, WITHIN)
        found = self.look()
        return found.ready if found else 0

    def settled(self, tasks: Sequence[Task], dead: Iterable[str] = ()) -> "Account":
        """The account when the worker has ended, which must hold."""
        self.left_alone()
        account = self.account(tasks)
        account.must_hold(dead)
        return account

    def account(self, tasks: Sequence[Task]) -> "Account":
        """What has become of these tasks; takes what is still in the queues out of them."""
        with self.channel() as channel:
            dead, waiting = self._taken(channel, self.dead), self._taken(channel, self.queue)
        return Account([task["title"] for task in tasks], self.stored(), dead, waiting)

    def _taken(self, channel: Channel, queue: str) -> list[str]:
        found = []
        while (got := channel.basic_get(queue, auto_ack=True))[0] is not None:
            found.append(title(got[2]))
        return found


@dataclass(frozen=True)
class Account:
    """What was offered, set against where it is now."""

    offered: list[str]
    stored: "Counter[str]"
    dead: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)

    @property
    def lost(self) -> list[str]:
        """Offered, and nowhere."""
        return sorted(set(self.offered) - set(self.stored) - set(self.dead) - set(self.waiting))

    @property
    def duplicated(self) -> list[str]:
        """Stored more than once."""
        return sorted(one for one, times in self.stored.items() if times > 1)

    @property
    def both(self) -> list[str]:
        """Stored, and among the dead letters."""
        return sorted(set(self.stored) & set(self.dead))

    @property
    def phantom(self) -> list[str]:
        """Stored, and never offered."""
        return sorted(set(self.stored) - set(self.offered))

    def __str__(self) -> str:
        return (
            f"offered {len(self.offered)} · stored {len(self.stored)} · dead {len(self.dead)}"
            f" · waiting {len(self.waiting)} · lost {len(self.lost)} · duplicated {len(self.duplicated)}"
            f" · phantom {len(self.phantom)} · stored and dead {len(self.both)}"
        )

    def must_hold(self, dead: Iterable[str] = ()) -> None:
        """NotYet unless each task is stored once, or among the dead letters where these are expected there."""
        hop = str(self)
        expect(not self.lost, "no task lost", f"{len(self.lost)} of {len(self.offered)} tasks are nowhere", hop)
        seen = f"{len(self.both)} of {len(self.offered)} tasks are stored, and among the dead letters as well"
        expect(not self.both, "no task in two places", seen, hop)
        more = self.duplicated
        expect(not more, "each task stored once", f"{len(more)} task(s) are stored more than once", hop)
        expected = set(dead)
        wrong = expected ^ set(self.dead)
        what = f"dead letters: {len(expected)}, and every other task stored"
        expect(not wrong, what, f"dead letters: {len(self.dead)}", hop)
        expect(not self.waiting, "nothing left in the queue", f"back in the queue: {len(self.waiting)}", hop)
        expect(
            not self.phantom,
            "nothing stored that was not offered",
            f"documents that nobody has offered: {len(self.phantom)}",
            hop,
        )


def encoded(task: Task) -> bytes:
    """A task as it travels."""
    return json.dumps(task).encode()


def title(body: bytes) -> str:
    """The title in a message, or the message itself where it is no task."""
    try:
        return str(json.loads(body)["title"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")


def wait_for(running: Running, look: Callable[[], object], expected: str, seconds: float = WITHIN) -> None:
    """Returns when ``look`` holds; NotYet where the program ends before, or the time is over."""
    found = until(lambda: look() or not running.runs, seconds)
    if not look():
        running.must_run()
        if not found:
            raise NotYet(expected, f"not within {seconds:g} s; it said:\n{running.last}")


@contextmanager
def working(room: Room, store: str = "") -> Iterator[tuple[Running, Link]]:
    """The exhibit at work on its queue, with something between it and the broker; perhaps another store."""
    told = {"MONGO_URI": store} if store else {}
    with between(room) as link, room.running(room.file, **link.environ, **told) as running:
        yield running, link


def finish_all(room: Room, running: Running, link: Link, tasks: Sequence[Task]) -> None:
    """Waits until all of these are stored, or the last of them is and the others do not follow; and for its word."""
    wait_for(running, lambda: room.has(tasks[-1:]), "the last task stored, which comes after all others")
    until(lambda: room.has(tasks), GRACE)
    until(lambda: not link.unsettled, SETTLES_WITHIN)


def port() -> tuple[int, dict[str, str]]:
    """A free one, and how a service is told of it."""
    number = free_port()
    return number, {"PORT": str(number)}


def room_of(place: Place, exhibit: str) -> Room:
    """The room of an exhibit in a student's place."""
    return Room(
        place.student, place.lesson, Path(place.folder), Path(place.scratch), place.addresses, place.attempt, exhibit
    )
