"""Something that stands between a student's program and RabbitMQ: it notes what each side says, and may hold it back.

Judged by what is said and in which order, a check needs no clock: an acknowledgement either comes after a confirm or
before it, and a message either waits in a queue or in the program.
"""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from threading import Thread
from typing import Any

import pika
import pika.exceptions
import pika.frame

CONNECT_WITHIN = 5.0
PIECE = 65536
UNREADABLE = (pika.exceptions.AMQPError, LookupError, ValueError, struct.error)
"""What pika raises at bytes that are no frame."""


@dataclass(frozen=True)
class Said:
    """A method of AMQP, with the message that came with it where one did."""

    connection: int
    """Which of the program's connections, in the order in which they were opened."""
    channel: int
    name: str
    """As the protocol calls it: Basic.Publish."""
    method: Any
    properties: Any = None
    body: bytes = b""
    by_program: bool = True
    """Else the broker has said it."""
    raw: bytes = b""
    """As it came, frame after frame."""


Hook = Callable[[Said], bytes | None]
"""Called before it is passed on. It may wait, say what is passed on instead, or break the connection off:
ConnectionAbortedError."""


def nothing(_: Said) -> None:
    """Everything passes at once."""


@dataclass
class Relay:
    """Where a program finds the broker, and what has been said, in the order in which it was passed on."""

    host: str = "127.0.0.1"
    port: int = 0
    said: list[Said] = field(default_factory=list)
    refused: int = 0
    """How many connections were refused since it was closed."""
    _sockets: list[socket.socket] = field(default_factory=list)
    _refuses: bool = False

    def of(self, *names: str) -> list[Said]:
        """What was said by these names, in order."""
        return [one for one in list(self.said) if one.name in names]

    def cut(self) -> None:
        """Every connection breaks off; new ones are taken."""
        for one in list(self._sockets):
            _close(one)

    def close(self) -> None:
        """Connections break off, and new ones too, before a word is said: whoever asks is counted."""
        self._refuses = True
        self.cut()


@contextmanager
def relay(host: str, port: int, hook: Hook = nothing) -> Iterator[Relay]:
    """In front of the broker there while the block lasts."""
    listener = socket.create_server(("127.0.0.1", 0))
    made = Relay(port=int(listener.getsockname()[1]))
    Thread(target=_accept, args=(listener, (host, port), made, hook), daemon=True).start()
    with listener:
        try:
            yield made
        finally:
            made.close()
            _close(listener)


def _accept(listener: socket.socket, target: tuple[str, int], made: Relay, hook: Hook) -> None:
    for number in count():
        try:
            client, _ = listener.accept()
        except OSError:
            return
        try:
            if made._refuses:
                made.refused += 1
                raise ConnectionRefusedError
            server = socket.create_connection(target, CONNECT_WITHIN)
        except OSError:
            _close(client)
            continue
        server.settimeout(None)
        made._sockets += (client, server)
        for source, sink, by_program in ((client, server, True), (server, client, False)):
            way = _Way(made, hook, number, by_program)
            Thread(target=way.pump, args=(source, sink), daemon=True).start()


@dataclass
class _Way:
    """One direction of one connection."""

    relay: Relay
    hook: Hook
    connection: int
    by_program: bool
    _open: dict[int, tuple[list[Any], bytes]] = field(default_factory=dict)
    """By channel: the frames of a message that is not whole yet, and the same as they came."""

    def pump(self, source: socket.socket, sink: socket.socket) -> None:
        """Until one of the two ends it; then it is over for both."""
        waiting = b""
        with suppress(OSError):
            while piece := source.recv(PIECE):
                waiting = self._pass_on(waiting + piece, sink)
        for one in (source, sink):
            _close(one)

    def _pass_on(self, data: bytes, sink: socket.socket) -> bytes:
        """What is whole; returns the rest. What is no AMQP passes as it came: it is the broker that refuses it."""
        while True:
            try:
                size, frame = pika.frame.decode_frame(data)
            except UNREADABLE:
                sink.sendall(data)
                return b""
            if not size:
                return data
            raw, data = data[:size], data[size:]
            if whole := self._whole(frame, raw):
                sink.sendall(whole)

    def _whole(self, frame: Any, raw: bytes) -> bytes:
        """The bytes to pass on now that this frame has come; none while a message is not whole.

        A program whose threads share a channel sends frames out of turn: they pass as they came, and nothing is noted.
        """
        channel = getattr(frame, "channel_number", 0)
        frames, before = self._open.pop(channel, ([], b""))
        if not isinstance(frame, _turn(frames)):
            return before + raw
        frames, raw = [*frames, frame], before + raw
        if _lacks(frames):
            self._open[channel] = (frames, raw)
            return b""
        said = self._said(channel, frames, raw)
        instead = self.hook(said)
        self.relay.said.append(said)
        return raw if instead is None else instead

    def _said(self, channel: int, frames: list[Any], raw: bytes) -> Said:
        method = frames[0].method
        properties = frames[1].properties if frames[1:] else None
        body = b"".join(frame.fragment for frame in frames[2:])
        return Said(self.connection, channel, method.NAME, method, properties, body, self.by_program, raw)


def _turn(frames: list[Any]) -> Any:
    """What kind of frame comes after these of the same channel."""
    return (pika.frame.Method, pika.frame.Header, pika.frame.Body)[min(len(frames), 2)]


def _lacks(frames: list[Any]) -> bool:
    """Whether more frames belong to these: the header of a message, or more of its body."""
    if not pika.spec.has_content(frames[0].method.INDEX):
        return False
    return not frames[1:] or sum(len(frame.fragment) for frame in frames[2:]) < frames[1].body_size


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


def persistent(message_id: str) -> Any:
    """The properties of a message that a restart does not lose."""
    return pika.BasicProperties(delivery_mode=2, message_id=message_id)
