"""What stands between a student's program and RabbitMQ: it passes everything on, and tells what was said."""

import socket
from collections.abc import Iterator
from contextlib import closing
from threading import Thread

import pika
import pytest
from pika.frame import Body, Header, Method

from lessons.kit.amqp import Hook, Said, persistent, relay
from lessons.kit.waiting import until

SOON = 10.0
PREFACE = b"AMQP\x00\x00\x09\x01"
BODY = b'{"id": "a"}'
MESSAGES = 2


def frames(body: bytes = BODY) -> list[bytes]:
    """A message as a program sends it: a method, a header, and its body in two pieces."""
    made = [
        Method(1, pika.spec.Basic.Publish(exchange="", routing_key="queue")),
        Header(1, len(body), persistent("a")),
        Body(1, body[:4]),
        Body(1, body[4:]),
    ]
    return [bytes(frame.marshal()) for frame in made]


def published() -> bytes:
    """The same in one piece."""
    return b"".join(frames())


ACKNOWLEDGED = bytes(Method(1, pika.spec.Basic.Ack(delivery_tag=7)).marshal())


class Broker:
    """Notes what arrives, and says what it is told to."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.arrived = b""
        self.clients: list[socket.socket] = []
        Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        try:
            while True:
                client, _ = self.listener.accept()
                self.clients.append(client)
                while piece := client.recv(100):
                    self.arrived += piece
        except OSError:
            return


@pytest.fixture
def broker() -> Iterator[Broker]:
    """One that listens."""
    made = Broker()
    yield made
    for one in (made.listener, *made.clients):
        one.close()


def abort(_: Said) -> None:
    """A hook that breaks everything off."""
    raise ConnectionAbortedError


def sent(broker: Broker, hook: Hook, *pieces: bytes) -> tuple[list[Said], bytes]:
    """What is noted when a program says this in pieces, and what the program then hears."""
    with (
        relay("127.0.0.1", broker.port, hook) as made,
        socket.create_connection((made.host, made.port), SOON) as program,
    ):
        for piece in pieces:
            program.sendall(piece)
        expected = PREFACE if hook is abort else b"".join(pieces)
        until(lambda: broker.arrived == expected, SOON)
        if hook is not abort:
            broker.clients[0].sendall(ACKNOWLEDGED)
        return made.said, program.recv(100)


def test_everything_passes_as_it_was_said(broker: Broker) -> None:
    """However it was cut into pieces; both ways."""
    whole = PREFACE + published()
    _, heard = sent(broker, lambda _: None, whole[:3], whole[3:20], whole[20:])
    assert (whole, ACKNOWLEDGED) == (broker.arrived, heard)


def test_a_message_is_told_whole(broker: Broker) -> None:
    """With its properties and its body, and who has said it."""
    said, _ = sent(broker, lambda _: None, PREFACE + published())
    publish, acknowledgement = said
    assert ("Basic.Publish", "queue", "a", BODY, True) == (
        publish.name, publish.method.routing_key, publish.properties.message_id, publish.body, publish.by_program,
    )  # fmt: skip
    assert ("Basic.Ack", 7, False) == (
        acknowledgement.name, acknowledgement.method.delivery_tag, acknowledgement.by_program,
    )  # fmt: skip


METHOD, HEADER, *_ = frames()


@pytest.mark.parametrize(
    "senseless",
    [METHOD + METHOD + HEADER, METHOD + HEADER + HEADER, HEADER + METHOD, METHOD[:-1] + b"!", b"\x07" + METHOD[1:],
     b"\x01\x00\x01\x00\x00\x00\x04\x00\x01\x00\x01\xce"],
    ids=["a method in a message", "two headers", "a header alone", "a wrong end", "a wrong type", "a wrong method"],
)  # fmt: skip
def test_what_is_out_of_turn_passes_as_it_came(broker: Broker, senseless: bytes) -> None:
    """Threads that share a channel send such; the broker is to hear it, and to say what is wrong."""
    said, heard = sent(broker, lambda _: None, PREFACE + senseless, published())
    assert (PREFACE + senseless + published(), ACKNOWLEDGED) == (broker.arrived, heard)
    assert "Basic.Ack" == said[-1].name


def test_a_hook_breaks_off_before_anything_is_passed_on(broker: Broker) -> None:
    """The broker never gets it, and the program hears nothing any more."""
    said, heard = sent(broker, abort, PREFACE + published())
    assert (PREFACE, [], b"") == (broker.arrived, said, heard)


def test_a_hook_says_what_is_passed_on_instead(broker: Broker) -> None:
    """Nothing at first, and later all of it: then it comes as it was."""
    held: list[bytes] = []

    def hook(said: Said) -> bytes | None:
        if not said.by_program:
            return None
        held.append(said.raw)
        return b"".join(held) if len(held) == MESSAGES else b""

    said, heard = sent(broker, hook, PREFACE + published(), published())
    assert (PREFACE + published() * MESSAGES, ACKNOWLEDGED) == (broker.arrived, heard)
    assert MESSAGES == sum(one.by_program for one in said)


def test_one_that_is_closed_counts_who_asks(broker: Broker) -> None:
    """They are let in and out again without a word."""
    with relay("127.0.0.1", broker.port) as made:
        made.close()
        for _ in range(2):
            with closing(socket.create_connection((made.host, made.port), SOON)) as program:
                assert b"" == program.recv(100)
        assert 2 == made.refused
