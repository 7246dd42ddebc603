"""Something that stands between a student's program and MongoDB: it notes, refuses or changes what passes."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

from lessons.kit import messages
from lessons.kit.place import Document, Place

WRITES = {"insert", "update", "delete", "findAndModify", "bulkWrite"}
READS = {"find", "aggregate"}
CONNECT_WITHIN = 5.0


@dataclass(frozen=True)
class Command:
    """What a program has asked of the database."""

    name: str
    body: Document

    @property
    def writes(self) -> bool:
        """Whether it changes documents."""
        return self.name in WRITES

    @property
    def reads(self) -> bool:
        """Whether it looks for documents."""
        return self.name in READS


class Refused(Exception):
    """Raised before a command reaches the database: it never does, and this is the answer."""

    def __init__(self, answer: Document) -> None:
        super().__init__(answer)
        self.answer = answer


Before = Callable[[Command], None]
Answer = Callable[[Command, Document], Document]


def _nothing(_: Command) -> None:
    """Before a command reaches the database."""


def _as_it_is(_: Command, answer: Document) -> Document:
    return answer


@dataclass
class Wire:
    """Where a program finds the database, and what it has asked of it."""

    uri: str = ""
    commands: list[Command] = field(default_factory=list)


@contextmanager
def between(place: Place, before: Before = _nothing, answer: Answer = _as_it_is, options: str = "") -> Iterator[Wire]:
    """In front of the database while the block lasts; ``options`` are added to its address."""
    wire = Wire()
    address = place.documents.database.client.address
    with _Server(("127.0.0.1", 0), _handler(address, wire, before, answer)) as server:
        wire.uri = f"mongodb://127.0.0.1:{server.server_address[1]}/?directConnection=true{options}"
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield wire
        finally:
            server.shutdown()


class _Server(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


def _handler(address: Any, wire: Wire, before: Before, answer: Answer) -> type[BaseRequestHandler]:
    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            asked: dict[int, Command] = {}

            def passing(message: bytes) -> bytes:
                body = messages.body(message)
                command = Command(next(iter(body), ""), body)
                if command.writes or command.reads:
                    wire.commands.append(command)
                    try:
                        before(command)
                    except Refused as refused:
                        self.request.sendall(messages.reply(message, refused.answer))
                        return b""
                    asked[messages.number(message)] = command
                return message

            def coming_back(message: bytes) -> bytes:
                command = asked.pop(messages.answers(message), None)
                if command is None:
                    return message
                return messages.with_body(message, answer(command, messages.body(message)))

            with closing(socket.create_connection(address, CONNECT_WITHIN)) as server:
                server.settimeout(None)
                back = Thread(target=_pump, args=(server, self.request, coming_back), daemon=True)
                back.start()
                _pump(self.request, server, passing)
                back.join()

    return Handler


def _pump(source: socket.socket, target: socket.socket, change: Callable[[bytes], bytes]) -> None:
    """Message after message, until one of the two ends it; then it is over for both."""
    try:
        while message := messages.read(source):
            target.sendall(change(message))
    except OSError:
        pass
    finally:
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
