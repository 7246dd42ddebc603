"""``./lab dead``: dead letters are looked at, given a new start and deleted, and none is ever lost or moved about."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any

import pika
import pytest

from core.topology import topology
from tests.e2e.test_messages import task
from tests.support.accounting import Tasks
from tests.support.api import unique
from tests.support.broker import Broker, encoded
from tests.support.stack import LAB_TIMEOUT, ROOT, Stack
from tests.support.waiting import wait_until

MANY = 10_000
MOST_MEMORY = 250 * 1024 * 1024
QUICK = 30.0


@dataclass
class Own:
    """A work queue of a test's own, which no worker consumes, and its dead letters."""

    broker: Broker
    name: str

    @property
    def dead(self) -> str:
        """Where its dead letters are."""
        return topology(self.name).dead.name

    def bury(self, *messages: tuple[bytes, str | None], headers: dict[str, Any] | None = None) -> None:
        """Puts messages among the dead letters, in this order."""
        with self.broker.channel() as channel:
            for body, message_id in messages:
                properties = pika.BasicProperties(delivery_mode=2, message_id=message_id, headers=headers)
                channel.basic_publish("", self.dead, body, properties, mandatory=True)

    def bodies(self, queue: str, count: int) -> list[bytes]:
        """Takes what is in a queue, as soon as it is that many."""
        wait_until(lambda: self.broker.depth(queue) == count, 10, f"{count} messages are in {queue}")
        with self.broker.channel() as channel:
            return [channel.basic_get(queue, auto_ack=True)[2] for _ in range(count)]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """What ``./lab dead WORDS`` did here."""
        return dead(*words, "--queue", self.name)

    def listed(self, *words: str) -> dict[str, Any]:
        """The list as JSON."""
        return dict(json.loads(fine(self.run("list", "--json", *words))))


def dead(*words: str) -> subprocess.CompletedProcess[str]:
    """What ``./lab dead WORDS`` did."""
    return subprocess.run(
        [sys.executable, "lab", "dead", *words],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LAB_TIMEOUT,
        check=False,
    )


def fine(done: subprocess.CompletedProcess[str]) -> str:
    """What it printed; AssertionError with its words where it failed."""
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def numbered(count: int) -> list[tuple[bytes, str | None]]:
    """Letters that can be told apart."""
    return [(f"letter {number}".encode(), f"id-{number:05d}") for number in range(1, count + 1)]


def bodies(letters: list[tuple[bytes, str | None]]) -> list[bytes]:
    """Theirs."""
    return [body for body, _ in letters]


@pytest.fixture
def own(broker: Broker) -> Iterator[Own]:
    """Queues of this test's own; deleted in the end."""
    found = Own(broker, unique("letters"))
    queues = [topology(found.name).dead, topology(found.name).shards[0].work]
    with broker.channel() as channel:
        for queue in queues:
            channel.queue_declare(queue.name, durable=True, arguments=dict(queue.arguments))
    yield found
    with broker.channel() as channel:
        for queue in queues:
            channel.queue_delete(queue.name)


def test_where_there_are_none_it_is_said(own: Own) -> None:
    """Nothing to do is no failure."""
    assert {"queue": own.dead, "total": 0, "letters": []} == own.listed()
    for words in (("list",), ("requeue", "--all"), ("purge", "--all", "--yes")):
        assert f"no dead letters in {own.dead}" in fine(own.run(*words))


def test_the_list_tells_of_the_oldest_first_and_of_all_how_many(own: Own) -> None:
    """With number, id, title, reason, attempts and time."""
    one = task()
    died = "2026-11-21T10:00:00.250+00:00"
    own.bury((encoded(one), one["id"]), headers={"attempt": 5, "reason": "no such plant", "dead-at": died})
    own.bury((b"poison\x1b[2J", None))
    own.bury((b"[red]", "x"))

    listed = own.listed("-n", "2")
    words = fine(own.run("list"))

    assert (3, [1, 2]) == (listed["total"], [letter["number"] for letter in listed["letters"]])
    first = listed["letters"][0]
    names = ("id", "title", "reason", "attempts", "died")
    assert (one["id"], one["title"], "no such plant", 5, died) == tuple(first[name] for name in names)
    for part in (one["id"], one["title"], "no such plant", "2026-11-21 10:00:00", "poison\\x1b", "[red]", "3 dead"):
        assert part in words


def test_looking_leaves_every_letter_in_its_place(own: Own) -> None:
    """Listed, listed in part, shown, shown in the middle, asked for in vain: the queue is as it was."""
    letters = numbered(300)
    own.bury(*letters)

    for words in (("list", "-n", "40"), ("list", "-n", "1000"), ("show", "id-00150"), ("show", "7")):
        fine(own.run(*words))
        wait_until(lambda: own.broker.depth(own.dead) == 300, 10, "all are back")
    assert 1 == own.run("show", "nobody").returncode

    assert bodies(letters) == own.bodies(own.dead, 300)


def test_the_others_stay_in_order_where_one_is_taken_out(own: Own) -> None:
    """Requeued or purged, from the middle."""
    letters = numbered(100)
    own.bury(*letters)

    assert "1 dead letter(s) requeued" in fine(own.run("requeue", "id-00050"))
    wait_until(lambda: own.broker.depth(own.dead) == 99, 10, "the others are back")
    assert "2 dead letter(s) purged" in fine(own.run("purge", "id-00020", "1", "--yes"))

    assert [b"letter 50"] == own.bodies(own.name, 1)
    left = [body for number, body in enumerate(bodies(letters), 1) if number not in {1, 20, 50}]
    assert left == own.bodies(own.dead, 97)


def test_a_letter_is_shown_whole(own: Own) -> None:
    """Its properties, headers, body, and what would become of it."""
    one = task()
    own.bury((encoded(one), one["id"]), headers={"attempt": 2, "reason": "why not", "x-odd": [1, None]})

    words = fine(own.run("show", one["id"][:13]))

    for part in (one["id"], "why not", "header x-odd", f'"title": "{one["title"]}"', f"start anew in {own.name}"):
        assert part in words


def test_the_beginning_of_two_ids_is_refused(own: Own) -> None:
    """Exit code 1, the numbers of both, and nothing is deleted."""
    own.bury(*numbered(2))

    done = own.run("purge", "id-000", "--yes")

    assert (1, True) == (done.returncode, "the numbers 1, 2" in done.stderr)
    assert 2 == len(own.bodies(own.dead, 2))


def test_many_letters_are_deleted_by_their_ids(own: Own) -> None:
    """Every second: the others stay, in order."""
    letters = numbered(200)
    own.bury(*letters)

    wished = [message_id or "" for _, message_id in letters[::2]]
    assert "100 dead letter(s) purged" in fine(own.run("purge", "--yes", *wished))

    assert bodies(letters[1::2]) == own.bodies(own.dead, 100)


def test_all_are_deleted_and_counted_and_the_work_queue_is_not_touched(own: Own) -> None:
    """Not without --yes, where nobody can be asked."""
    own.bury(*numbered(3))
    with own.broker.channel() as channel:
        channel.basic_publish("", own.name, b"work", mandatory=True)

    refused = own.run("purge", "--all")
    assert (2, True) == (refused.returncode, "--yes" in refused.stderr)
    wait_until(lambda: own.broker.depth(own.dead) == 3, 10, "nothing is deleted")
    assert "3 dead letter(s) purged" in fine(own.run("purge", "--all", "--yes"))

    assert 0 == own.listed()["total"]
    assert [b"work"] == own.bodies(own.name, 1)


def test_a_task_among_the_dead_letters_is_requeued_and_stored(collection: Tasks, broker: Broker) -> None:
    """Its fault is mended, so it gets through, as on its first attempt; the trace that is recommended finds it."""
    one = task()
    lab = Own(broker, broker.queue)
    lab.bury((encoded(one), one["id"]), headers={"attempt": 5, "reason": "the database refused it", "dead-at": "2026"})

    done = dead("requeue", one["id"])

    assert "1 dead letter(s) requeued" in fine(done)
    assert f"./lab trace {one['id']}" in done.stderr
    stored = wait_until(lambda: collection.find_one({"_id": one["id"]}), 10, "it is stored")
    assert stored is not None
    assert 1 == stored["passport"]["attempt"]
    assert [] == broker.dead_letters(lambda letter: letter.message_id == one["id"])


def test_requeued_poison_dies_again_with_a_reason_of_its_new_death(broker: Broker) -> None:
    """Of its first one nothing is left."""
    mark = unique("poison")
    Own(broker, broker.queue).bury((mark.encode(), mark), headers={"attempt": 3, "reason": "old", "dead-at": "2020"})

    assert "1 dead letter(s) requeued" in fine(dead("requeue", mark))

    [letter] = broker.wait_for_dead(lambda letter: letter.message_id == mark and letter.headers["dead-at"] != "2020")
    assert (1, True) == (letter.headers["attempt"], str(letter.headers["reason"]).startswith("not JSON"))


@contextmanager
def refusing(own: Own) -> Iterator[None]:
    """While the block lasts, everything that comes into the work queue dies at once."""
    with own.broker.channel() as channel:
        channel.basic_consume(own.name, lambda _, method, *__: channel.basic_reject(method.delivery_tag, requeue=False))
        thread = Thread(target=channel.start_consuming)
        thread.start()
        try:
            yield
        finally:
            channel.connection.add_callback_threadsafe(channel.stop_consuming)
            thread.join()


def test_requeuing_all_ends_although_they_all_die_again(own: Own) -> None:
    """Each is moved once; what comes back is dead by the broker's hand, which the list says."""
    letters = numbered(250)
    own.bury(*letters)

    with refusing(own):
        assert "250 dead letter(s) requeued" in fine(own.run("requeue", "--all"))
        wait_until(lambda: own.broker.depth(own.dead) == 250, 10, "all have died again")

    listed = own.listed("-n", "250")
    assert {"rejected (the broker's)"} == {letter["reason"] for letter in listed["letters"]}
    assert [] == [letter for letter in listed["letters"] if letter["died"] is None]
    assert sorted(bodies(letters)) == sorted(own.bodies(own.dead, 250))


def test_what_the_broker_gave_up_says_so(own: Own) -> None:
    """A message that was given back more often than the queue allows."""
    with own.broker.channel() as channel:
        channel.basic_publish("", own.name, b"hot", mandatory=True)

    def give_back() -> bool:
        with own.broker.channel() as channel:
            method, _, _ = channel.basic_get(own.name)
            if method is not None:
                channel.basic_reject(method.delivery_tag, requeue=True)
        return own.broker.depth(own.dead) == 1

    wait_until(give_back, 30, "the broker has given it up")
    assert "delivery_limit (the broker's)" in fine(own.run("list"))


def test_a_command_that_is_killed_loses_nothing(own: Own) -> None:
    """kill -9 in the middle of moving: each letter is still in one of the two queues, one at most in both."""
    letters = numbered(1000)
    own.bury(*letters)
    command = [sys.executable, "lab", "dead", "requeue", "--all", "--queue", own.name]

    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL)
    try:
        wait_until(lambda: own.broker.depth(own.name) > 10, QUICK, "some are moved")
    finally:
        process.kill()
        process.wait()

    moved = wait_until(lambda: _settled(own, len(letters)), 15, "the broker has taken the rest back")
    assert 10 < moved < len(letters)
    found = own.bodies(own.name, moved) + own.bodies(own.dead, own.broker.depth(own.dead))
    assert set(bodies(letters)) == set(found)
    assert len(letters) + 1 >= len(found)


def _settled(own: Own, total: int) -> int:
    """How many were moved, once what the killed command held is back."""
    moved = own.broker.depth(own.name)
    return moved if moved + own.broker.depth(own.dead) in {total, total + 1} else 0


def test_ten_thousand_letters_need_neither_much_time_nor_memory(own: Own) -> None:
    """The list fetches what it shows; the last is found by its id; all are deleted."""
    with own.broker.channel() as channel:
        unconfirmed = channel.connection.channel()
        for body, message_id in numbered(MANY):
            unconfirmed.basic_publish("", own.dead, body, pika.BasicProperties(delivery_mode=2, message_id=message_id))
    wait_until(lambda: own.broker.depth(own.dead) == MANY, 30, "all are there")

    for words in (("list", "-n", "5"), ("show", f"id-{MANY:05d}"), ("purge", "--all", "--yes")):
        seconds, memory = _cost("dead", *words, "--queue", own.name)
        assert (True, True) == (seconds < QUICK, memory < MOST_MEMORY), f"{words}: {seconds:.1f} s, {memory} bytes"
        wait_until(lambda: own.broker.depth(own.dead) in {0, MANY}, 10, "nothing is in anybody's hands")

    assert 0 == own.broker.depth(own.dead)


# A process inherits the peak of the one that starts it: here of a small one, and not of these tests.
MEASURED = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def _cost(*words: str) -> tuple[float, int]:
    """Seconds and bytes that ``./lab WORDS`` took."""
    began = time.monotonic()
    command = [sys.executable, "-c", MEASURED, sys.executable, "lab", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return time.monotonic() - began, int(done.stdout) * 1024


def test_a_queue_that_is_not_there_is_told_in_words(broker: Broker) -> None:
    """And no queue is made by looking for it."""
    for words in (("list",), ("show", "1"), ("requeue", "--all"), ("purge", "--all", "--yes")):
        done = dead(*words, "--queue", "nobody-made-this")
        assert (1, True) == (done.returncode, "no queue 'nobody-made-this.dead'" in done.stderr), done.stderr


def test_a_broker_that_is_down_is_told_in_words(stack: Stack) -> None:
    """Soon, with what to do."""
    stack.lab("stop", "rabbitmq")
    try:
        began = time.monotonic()
        done = dead("list")
        assert time.monotonic() - began < QUICK
    finally:
        stack.lab("start", "rabbitmq")

    assert (1, True) == (done.returncode, "./lab start rabbitmq" in done.stderr), done.stderr
