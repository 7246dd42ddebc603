"""Messages of MongoDB's wire protocol: a header of four numbers, and OP_MSG with a command or an answer in it."""

import socket
import struct

import bson

from lessons.kit.place import Document

HEADER = struct.Struct("<iiii")
"""Length of the whole, its number, the number of what it answers, its kind."""
NUMBER = struct.Struct("<i")
OP_MSG = 2013
FLAGS = 4


def read(source: socket.socket) -> bytes:
    """The next message, empty at the end."""
    head = _exactly(source, HEADER.size)
    return head + _exactly(source, HEADER.unpack(head)[0] - HEADER.size) if head else b""


def _exactly(source: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = source.recv(size - len(found))
        if not part:
            return b""
        found += part
    return found


def number(message: bytes) -> int:
    """Which message it is."""
    return int(HEADER.unpack_from(message)[1])


def answers(message: bytes) -> int:
    """Which message it answers."""
    return int(HEADER.unpack_from(message)[2])


def body(message: bytes) -> Document:
    """The command or answer, with the documents that travel beside it put in their place; empty for other kinds."""
    found: Document = {}
    offset = HEADER.size + FLAGS
    while offset < len(message) and HEADER.unpack_from(message)[3] == OP_MSG:
        (size,) = NUMBER.unpack_from(message, offset + 1)
        content = message[offset + 1 : offset + 1 + size]
        if message[offset] == 0:
            found = {**bson.decode(content), **found}
        else:
            name, _, documents = content[NUMBER.size :].partition(b"\0")
            found[name.decode()] = bson.decode_all(documents)
        offset += 1 + size
    return found


def with_body(message: bytes, body: Document) -> bytes:
    """The same message with another body."""
    content = bytes(FLAGS) + b"\0" + bson.encode(body)
    _, own, answered, kind = HEADER.unpack_from(message)
    return HEADER.pack(HEADER.size + len(content), own, answered, kind) + content


def reply(message: bytes, body: Document) -> bytes:
    """An answer to a message that nobody else answers."""
    content = bytes(FLAGS) + b"\0" + bson.encode(body)
    return HEADER.pack(HEADER.size + len(content), 0, number(message), OP_MSG) + content
