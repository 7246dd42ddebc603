"""What is said on a connection to the broker or to the database, by name. Both are read from their bytes."""

import struct

from pika import spec

from tests.support.relay import Reader

PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"
FRAME = struct.Struct(">BHI")
"""Kind, channel, size of the payload; after the payload comes the end, one byte."""
KINDS = {spec.FRAME_HEADER: "header", spec.FRAME_BODY: "body", spec.FRAME_HEARTBEAT: "heartbeat"}

OP_MSG, OP_QUERY = 2013, 2004
MESSAGE = struct.Struct("<iiii")
"""Size of the whole message, its number, the number of the one it answers, what kind it is."""
FLAGS, BODY_SECTION = 4, b"\x00"
FIRST_KEY = 5
"""A BSON document begins with its size and the kind of its first member; then comes the member's name."""


def frames() -> Reader:
    """Names AMQP's frames: a method's by the method, such as Basic.Publish."""
    unread = bytearray()

    def following() -> str:
        if unread.startswith(PROTOCOL_HEADER):
            del unread[: len(PROTOCOL_HEADER)]
            return "protocol header"
        if len(unread) < FRAME.size:
            return ""
        kind, _, size = FRAME.unpack_from(unread)
        length = FRAME.size + size + spec.FRAME_END_SIZE
        if len(unread) < length:
            return ""
        frame = bytes(unread[:length])
        del unread[:length]
        return _frame(kind, frame)

    def read(data: bytes) -> list[str]:
        unread.extend(data)
        return list(iter(following, ""))

    return read


def _frame(kind: int, frame: bytes) -> str:
    assert spec.FRAME_END == frame[-1], "the reader has lost its place"
    if kind != spec.FRAME_METHOD:
        return KINDS[kind]
    # The number of the class and that of the method, together the key under which pika has it.
    return str(spec.methods[int.from_bytes(frame[FRAME.size : FRAME.size + 4])].NAME)


def commands() -> Reader:
    """Names MongoDB's commands, such as insert."""
    unread = bytearray()

    def following() -> str:
        if len(unread) < MESSAGE.size:
            return ""
        length, _, _, kind = MESSAGE.unpack_from(unread)
        if len(unread) < length:
            return ""
        message = bytes(unread[MESSAGE.size : length])
        del unread[:length]
        return _command(kind, message)

    def read(data: bytes) -> list[str]:
        unread.extend(data)
        return list(iter(following, ""))

    return read


def _command(kind: int, message: bytes) -> str:
    if kind == OP_QUERY:  # Of the old kind is only the first message on a connection, which asks who is there.
        return _first_key(message[message.index(b"\0", FLAGS) + 1 + 8 :])
    assert kind == OP_MSG, f"a message of the kind {kind}"
    assert message[FLAGS : FLAGS + 1] == BODY_SECTION, "the command is not the first section"
    return _first_key(message[FLAGS + 1 :])


def _first_key(document: bytes) -> str:
    return document[FIRST_KEY : document.index(b"\0", FIRST_KEY)].decode()


def nothing() -> Reader:
    """Names nothing: for answers that carry no name."""
    return lambda _: []
