"""Something that stands between an exhibit and RabbitMQ: it notes what is published and delivered, and may hold it."""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

import pika

from lessons.kit.place import Place

GREETING = 8
"""Bytes with which a client begins: AMQP and the version."""
HEAD = struct.Struct(">BHI")
"""Kind, channel and size of a frame; one byte ends it."""
METHOD, BODY = 1, 3
DELIVER = struct.pack(">HH", 60, 60)
ACK = struct.pack(">HH", 60, 80)
REJECT = struct.pack(">HH", 60, 90)
NACK = struct.pack(">HH", 60, 120)
TAG = struct.Struct(">QB")
"""A delivery tag, and whether all before it are meant as well."""
CONNECT_WITHIN = 5.0


@dataclass
class Connection:
    """One connection of the exhibit's."""

    published: list[bytes] = field(default_factory=list)
    delivered: list[bytes] = field(default_factory=list)
    unsettled: set[int] = field(default_factory=set)
    """The tags of deliveries on which the exhibit has said nothing yet."""
    acknowledged: int = 0
    """Up to which publish the broker has confirmed."""
    held: bytes = b""


@dataclass
class Link:
    """Where an exhibit finds the broker, and what has passed."""

    port: int = 0
    connections: list[Connection] = field(default_factory=list)

    @property
    def environ(self) -> dict[str, str]:
        """How an exhibit is told of it."""
        return {"RABBIT_HOST": "127.0.0.1", "RABBIT_PORT": str(self.port)}

    @property
    def published(self) -> list[bytes]:
        """The bodies of all messages that were published."""
        return [body for one in self.connections for body in one.published]

    @property
    def delivered(self) -> list[bytes]:
        """The bodies of all deliveries."""
        return [body for one in self.connections for body in one.delivered]

    @property
    def unsettled(self) -> int:
        """On how many deliveries the exhibit has said nothing yet."""
        return sum(len(one.unsettled) for one in self.connections)


Publish = Callable[[Link, Connection], None]
Confirm = Callable[[Link, Connection, bytes], bytes]


def _pass_on(_: Link, __: Connection) -> None:
    """After a message was published, before the broker has it."""


def _as_it_is(_: Link, __: Connection, frame: bytes) -> bytes:
    return frame


@contextmanager
def between(place: Place, publish: Publish = _pass_on, confirm: Confirm = _as_it_is) -> Iterator[Link]:
    """In front of the broker while the block lasts."""
    link = Link()
    broker = pika.URLParameters(place.addresses["rabbitmq"])
    with _Server(("127.0.0.1", 0), _handler((broker.host, broker.port), link, publish, confirm)) as server:
        link.port = server.server_address[1]
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield link
        finally:
            server.shutdown()


class _Server(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


def _handler(address: tuple[str, int], link: Link, publish: Publish, confirm: Confirm) -> type[BaseRequestHandler]:
    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            connection = Connection()
            link.connections.append(connection)

            def going(frame: bytes) -> bytes:
                if frame[0] == BODY:
                    connection.published.append(_content(frame))
                    publish(link, connection)
                if frame[0] == METHOD:
                    settle(connection.unsettled, _content(frame))
                return frame

            def coming(frame: bytes) -> bytes:
                if frame[0] == BODY:
                    connection.delivered.append(_content(frame))
                if frame[0] == METHOD:
                    return answered(frame, _content(frame))
                return frame

            def answered(frame: bytes, method: bytes) -> bytes:
                if method.startswith(DELIVER):
                    connection.unsettled.add(delivered_tag(method))
                if method.startswith(ACK):
                    connection.acknowledged = _tag(method)
                    return confirm(link, connection, frame)
                return frame

            with closing(socket.create_connection(address, CONNECT_WITHIN)) as server:
                server.settimeout(None)
                server.sendall(_exactly(self.request, GREETING))
                back = Thread(target=_pump, args=(server, self.request, coming), daemon=True)
                back.start()
                _pump(self.request, server, going)
                back.join()

    return Handler


def _tag(method: bytes, behind: int = 0) -> int:
    """The tag in a method, behind the consumer's name where there is one."""
    return int(TAG.unpack_from(method, len(DELIVER) + behind)[0])


def delivered_tag(method: bytes) -> int:
    """The tag of a delivery, which stands behind the consumer's name."""
    return _tag(method, 1 + method[len(DELIVER)])


def settle(unsettled: set[int], method: bytes) -> None:
    """Takes out what a worker acknowledges or rejects."""
    if not method.startswith((ACK, REJECT, NACK)):
        return
    tag, bits = TAG.unpack_from(method, len(ACK))
    multiple = bits & 1 and not method.startswith(REJECT)
    unsettled -= {one for one in unsettled if one == tag or (multiple and (one < tag or not tag))}


def _content(frame: bytes) -> bytes:
    return frame[HEAD.size : -1]


def _frame(source: socket.socket) -> bytes:
    head = _exactly(source, HEAD.size)
    return head + _exactly(source, HEAD.unpack(head)[2] + 1) if head else b""


def _exactly(source: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = source.recv(size - len(found))
        if not part:
            return b""
        found += part
    return found


def _pump(source: socket.socket, target: socket.socket, change: Callable[[bytes], bytes]) -> None:
    """Frame after frame, until one of the two ends it; then it is over for both."""
    try:
        while frame := _frame(source):
            target.sendall(change(frame))
    except OSError:
        pass
    finally:
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
