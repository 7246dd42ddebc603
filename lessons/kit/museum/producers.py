"""Drills of producers: a full queue, a restart, slow confirms."""

import re
from collections import Counter, defaultdict
from threading import Event

from pika.spec import Basic

from lessons.kit.amqp import Said
from lessons.kit.museum.link import between
from lessons.kit.museum.room import WITHIN, Room, Task, title
from lessons.kit.program import TRACE, Running, last_words
from lessons.kit.verdict import expect
from lessons.kit.waiting import settled, until

SOME = 12
QUIET = 6.0
"""A producer that has said nothing for so long will say no more."""
TOGETHER_WITHIN = 8.0
"""Where the second share does not come, the first need not wait for ever."""
SHARES = 2
PERSISTENT = 2
WORDS = 2


def told(printed: str, word: str) -> set[str]:
    """The ids of which a producer has printed that word."""
    lines = [line.split() for line in printed.splitlines()]
    return {line[1] for line in lines if len(line) >= WORDS and line[0] == word}


def _finished(room: Room, tasks: list[Task]) -> str:
    """What a producer has printed when it has ended."""
    with room.running(room.file, room.written(tasks)) as running:
        until(lambda: not running.runs, WITHIN)
        expect(not running.runs, "it ends when all is sent", f"it still runs; it said:\n{running.last}")
        return running.said()


def _is_true(room: Room, tasks: list[Task], printed: str) -> str:
    """What was called sent is in the queue, and the queue holds nothing else; what was called failed is not there."""
    account = room.account(tasks)
    there = {task["id"] for task in tasks if task["title"] in account.waiting}
    sent, failed = told(printed, "sent"), told(printed, "failed")
    hop = f"called sent {len(sent)} · called failed {len(failed)} · in the queue {len(there)}"
    false = sent - there
    expect(not false, "every task that is called sent in the queue", f"{len(false)} of {len(sent)} are not there", hop)
    silent = {task["id"] for task in tasks} - sent - failed
    what = f"a word on every task, sent or failed, for {len(tasks)} of them"
    expect(not silent, what, f"nothing on {len(silent)}; it said last:\n{last_words(printed)}", hop)
    wrong = failed & there
    expect(not wrong, "no task in the queue that is called failed", f"in the queue all the same: {len(wrong)}", hop)
    twice = len(account.waiting) - len(there)
    expect(not twice, "each task once in the queue", f"copies too many: {twice}", hop)
    return hop


def full(room: Room) -> str:
    """The queue takes half of the tasks, and says no to the others."""
    tasks = room.tasks(SOME)
    room.open(**{"x-max-length": SOME // 2, "x-overflow": "reject-publish"})
    return _is_true(room, tasks, _finished(room, tasks))


def restarted(room: Room) -> str:
    """What the broker keeps on disk is there afterwards; asked of the broker, which nobody restarts for this."""
    room.clean()
    tasks = room.tasks(SOME)
    printed = _finished(room, tasks)
    expect(room.look(), "a queue with the tasks in it", f"there is none; it said:\n{last_words(printed)}")
    durable, quorum = _kind(room)
    kept, found = [], []
    with room.channel() as channel:
        while (got := channel.basic_get(room.queue, auto_ack=True))[0] is not None:
            found.append(title(got[2]))
            kept += [found[-1]] if durable and (quorum or got[1].delivery_mode == PERSISTENT) else []
    missing = {task["title"] for task in tasks} - set(found)
    expect(
        not missing, "every task in the queue", f"{len(missing)} are not there; it said last:\n{last_words(printed)}"
    )
    hop = f"called sent {len(told(printed, 'sent'))} · in the queue {len(found)} · there after a restart {len(kept)}"
    what = f"{len(tasks)} tasks that a restart of the broker leaves where they are"
    expect(len(kept) == len(tasks), what, f"{len(kept)} of them: the broker has no others on its disk", hop)
    return hop


def _kind(room: Room) -> tuple[bool, bool]:
    """Whether the queue is there after a restart, and whether it keeps whatever is in it."""
    with room.management() as http:
        queue = http.get(f"/queues/%2F/{room.queue}").raise_for_status().json()
    return bool(queue["durable"]), queue.get("arguments", {}).get("x-queue-type") == "quorum"


class _Together:
    """A hook: holds a connection's confirms until all shares are on their way, and then until it has the last."""

    def __init__(self, first: set[str]) -> None:
        self._missing = first
        """The first task of each share; those that are on their way are taken out."""
        self._on_their_way = Event()
        self._sent = Counter[int]()
        self._held = defaultdict[int, bytes](bytes)

    def __call__(self, said: Said) -> bytes | None:
        if said.name == Basic.Publish.NAME:
            self._sent[said.connection] += 1
            self._missing.discard(title(said.body))
            if not self._missing:
                self._on_their_way.set()
        if said.name != Basic.Ack.NAME:
            return None
        self._held[said.connection] += said.raw
        self._on_their_way.wait(TOGETHER_WITHIN)
        all_confirmed = said.method.delivery_tag >= self._sent[said.connection]
        return self._held.pop(said.connection) if all_confirmed else b""


def together(room: Room) -> str:
    """The confirms of the first tasks are held until each of the two shares is on its way, and then sent at once."""
    tasks = room.tasks(SOME)
    room.open()
    hook = _Together({task["title"] for task in tasks[:SHARES]})
    with (
        between(room, hook) as link,
        room.running(room.file, room.written(tasks), **link.environ) as running,
    ):
        hop = _is_true(room, tasks, _settled(room, running, tasks))
    what = f"{SHARES} processes that send, so that at least as many connections bring tasks"
    expect(link.publishers >= SHARES, what, f"connections that brought tasks: {link.publishers}", hop)
    return hop


def _settled(room: Room, running: Running, tasks: list[Task]) -> str:
    """What it has printed when it has ended, or says nothing any more."""

    def said() -> str:
        return apart(running.said(), room.word)

    until(lambda: running.said() or not running.runs, WITHIN / 2)
    settled(said, lambda printed: not running.runs or len(told(printed, "sent")) == len(tasks), QUIET)
    return said()


def apart(printed: str, word: str) -> str:
    """Two processes print into each other's lines, though never into a word: then each id that was sent has a line."""
    if "failed" in printed or TRACE in printed:
        return printed
    return "\n".join(" ".join(("sent", one)) for one in re.findall(rf"{word}-\d+", printed))
