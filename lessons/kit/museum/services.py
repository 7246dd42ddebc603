"""Drills of small services on a TCP port: what they answer while something behind them is slow."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from pika.spec import Basic

from lessons.kit import wire
from lessons.kit.amqp import Said
from lessons.kit.museum.link import between
from lessons.kit.museum.room import WITHIN, Room, encoded, port, title, wait_for
from lessons.kit.program import Running
from lessons.kit.verdict import NotYet, expect
from lessons.kit.waiting import until

ANSWERS_WITHIN = 6.0
"""Of somebody who does not wait for the store; generous for a busy computer."""
BURST = 1000
BOUND = BURST // 4
QUIET = 5.0


@contextmanager
def _client(number: int, timeout: float) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", number), timeout) as made:
        made.settimeout(timeout)
        yield made


def _ask(number: int, line: bytes, timeout: float) -> str:
    """The answer to one line; empty where none comes in time."""
    try:
        with _client(number, timeout) as made, made.makefile("rb") as answers:
            made.sendall(line + b"\n")
            return answers.readline().decode().strip()
    except OSError:
        return ""


def _listens(running: Running, number: int) -> None:
    def look() -> bool:
        try:
            with _client(number, 1.0):
                return True
        except OSError:
            return False

    wait_for(running, look, "it listens on the port that it is told")


def asked(room: Room) -> str:
    """The store does not answer one client until another has been answered, or has waited in vain."""
    task, second = room.tasks(2)
    room.open()
    arrived, over = Event(), Event()
    number, told = port()
    said: list[str] = []

    def before(command: wire.Command) -> None:
        if command.writes:
            arrived.set()
            over.wait(WITHIN)

    with wire.between(room, before=before) as store, room.running(room.file, MONGO_URI=store.uri, **told) as running:
        _listens(running, number)
        one = Thread(target=lambda: said.append(_ask(number, json.dumps(task).encode(), WITHIN)), daemon=True)
        one.start()
        wait_for(running, arrived.is_set, "it stores the task that it is given")
        pong = _ask(number, b"PING", ANSWERS_WITHIN)
        early = list(said)
        over.set()
        one.join(WITHIN)
        seen = f"none within {ANSWERS_WITHIN:g} s: it is answered when the store has answered the other client"
        expect(pong, "an answer to PING for the second client meanwhile", seen)
        expect(pong == "PONG", "PONG", repr(pong))
        expect(not early, "stored ID, when the store has the task", f"it was said before that: {early}")
        _stores(room, number, said, [task, second])
    return f"PING was answered while the store kept the other client waiting; {len(room.stored())} stored"


def _stores(room: Room, number: int, said: list[str], tasks: list[dict[str, str]]) -> None:
    """Both are answered as it is promised, and stored."""
    said.append(_ask(number, json.dumps(tasks[1]).encode(), WITHIN))
    expected = [" ".join(("stored", task["id"])) for task in tasks]
    expect(said == expected, " and ".join(expected), said)
    expect(room.has(tasks), "both tasks in the store", f"in the store: {len(room.stored())}")


def flooded(room: Room) -> str:
    """The broker takes nothing until the burst is over; then whatever was taken must arrive."""
    tasks = room.tasks(BURST)
    room.open()
    again = Event()
    number, told = port()

    def hook(said: Said) -> None:
        if said.name == Basic.Publish.NAME:
            again.wait(WITHIN)

    try:
        with (
            between(room, hook) as link,
            room.running(room.file, **link.environ, **told) as running,
            _client_of(running, number) as client,
        ):
            taken = _burst(client, b"".join(encoded(task) + b"\n" for task in tasks))
            seen = f"{taken} were taken of {BURST}, and the broker has none of them"
            expect(taken <= BOUND, f"at most {BOUND} tasks taken while nothing gets through", seen)
            again.set()
            client.close()
            until(lambda: (found := room.look()) and found.ready >= taken, WITHIN / 2)
            running.must_run()
    finally:
        again.set()
    there = len(set(map(title, _bodies(room))))
    expect(there >= taken, f"every task that was taken in the queue: {taken}", f"in the queue: {there}")
    return f"{taken} of {BURST} were taken while nothing got through, and {there} are in the queue"


def _bodies(room: Room) -> Iterator[bytes]:
    with room.channel() as channel:
        while (got := channel.basic_get(room.queue, auto_ack=True))[0] is not None:
            yield got[2]


@contextmanager
def _client_of(running: Running, number: int) -> Iterator[socket.socket]:
    _listens(running, number)
    with _client(number, QUIET) as made:
        yield made


def _burst(client: socket.socket, lines: bytes) -> int:
    """How many of these are taken, where nobody reads on after the bound, or waits for who has stopped answering."""
    sender = Thread(target=_send, args=(client, lines), daemon=True)
    sender.start()
    answered = taken = 0
    with client.makefile("rb") as answers:
        while answered < BURST and taken <= BOUND:
            try:
                line = answers.readline()
            except TimeoutError:
                break
            if not line:
                raise NotYet("an answer to each line, or none for the moment", "it has closed the connection")
            answered += 1
            taken += line.strip() == b"taken"
    return taken


def _send(client: socket.socket, lines: bytes) -> None:
    """As fast as it goes; where the service reads no more, this waits with it."""
    try:
        client.sendall(lines)
    except OSError:
        return
