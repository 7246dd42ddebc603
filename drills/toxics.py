"""What a fault does to one direction of one connection: its bytes are late, slow, in pieces, or kept back."""

import asyncio
import math
import socket
import struct
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from operator import methodcaller
from random import Random
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from drills.proxy import Connection

Direction = Literal["requests", "answers"]
"""Requests go from the client to the upstream, answers the other way."""

HELD_BYTES = 1024 * 1024
"""Of one direction of one connection: at this many no more are read until some have been sent on."""
LINGER_ZERO = struct.pack("ii", 1, 0)
SLOT = 0.02  # Seconds: how often a throttled direction sends.


@dataclass(frozen=True)
class Flow:
    """What happens to the bytes of one direction. Where nothing is given, they go on as they come."""

    held: bool = False
    """They are kept back until the mode ends, the end of the stream too."""
    lose: bool = False
    """A connection of which bytes are kept back is closed when the mode ends, so that they are lost."""
    delay: float = 0.0
    """Seconds until what was read is sent on; more is read meanwhile."""
    jitter: float = 0.0
    """Seconds by which the delay is longer or shorter; the order is kept."""
    rate: float = 0.0
    """Bytes per second of one connection; 0: no limit."""
    largest: int = 0
    """Bytes in one write, by chance from 1 to this; 0: all there are."""


FREE = Flow()


class Line:
    """The bytes of one direction that were read and not sent on, in order; an empty chunk is their end. Pure."""

    def __init__(self, chance: Random) -> None:
        self.flow, self.size = FREE, 0
        self._chance = chance
        self._chunks: deque[tuple[float, memoryview]] = deque()
        self._last = self._free = 0.0

    def __len__(self) -> int:
        return len(self._chunks)

    def change(self, flow: Flow) -> None:
        """Another flow from now on; what waits here is late no longer."""
        self.flow = FREE if flow == FREE else flow
        self._chunks = deque((0.0, chunk) for _, chunk in self._chunks)
        self._last = self._free = 0.0

    def put(self, data: bytes, now: float) -> None:
        """Append what was read at the time ``now``, in seconds."""
        late = self.flow.delay + self._chance.uniform(-self.flow.jitter, self.flow.jitter)
        self._last = max(self._last, now + late)
        self._chunks.append((self._last, memoryview(data)))
        self.size += len(data)

    def due(self) -> float:
        """When the next bytes may be sent on, in seconds; infinite where there are none or they are held."""
        if self.flow.held or not self._chunks:
            return math.inf
        return max(self._free, self._chunks[0][0])

    def take(self, now: float) -> memoryview:
        """The next bytes, which are then no longer here; empty at the end of the stream."""
        due, chunk = self._chunks.popleft()
        portion = self._portion(len(chunk))
        taken = chunk[:portion]
        if len(chunk) > portion:
            self._chunks.appendleft((due, chunk[portion:]))
        self.size -= len(taken)
        if self.flow.rate:  # A turn of the loop that comes late is made up for, by one slot at most.
            self._free = max(self._free, now - SLOT) + len(taken) / self.flow.rate
        return taken

    def clear(self) -> None:
        """Forget everything."""
        self._chunks.clear()
        self.size = 0

    def _portion(self, most: int) -> int:
        if self.flow.largest:
            return self._chance.randint(1, self.flow.largest)
        return max(1, int(self.flow.rate * SLOT)) if self.flow.rate else most


FINISH = methodcaller("close")
"""Of a transport: what was written is still sent, then FIN."""
CUT = methodcaller("abort")
"""FIN at once; RST where bytes are unread, as the kernel closes for a process that dies."""


def reset(transport: asyncio.Transport) -> None:
    """RST at once: with no time to linger the kernel does not close in order."""
    with suppress(OSError):
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
    transport.abort()


class Side(asyncio.Protocol):
    """The client or the upstream of a connection: what it sends goes on to the other side, as the flow allows."""

    other: "Side"
    transport: asyncio.Transport | None = None
    writable = ended = _broken = False
    _timer: asyncio.TimerHandle | None = None

    def __init__(self, connection: "Connection", direction: Direction) -> None:
        self.line = Line(connection.link.chance)
        self._connection, self._direction = connection, direction
        self._forwarded = connection.link.forwarded

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It can be written to. (asyncio has set TCP_NODELAY.)"""
        self.transport = cast(asyncio.Transport, transport)
        self.writable = True
        self._connection.made(self)
        self.other.pump()

    def data_received(self, data: bytes) -> None:
        """Without a fault bytes go straight on: this is the path that has to be fast."""
        if self.other.writable and self.line.flow is FREE and not self.line:
            self._send(data)
        else:
            self._keep(data)

    def eof_received(self) -> bool:
        """A FIN goes on after the bytes before it; the other direction stays open."""
        self._keep(b"")
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """A reset goes on as a reset."""
        self.transport, self.writable = None, False
        if exc is not None:
            self._broken = True
            self._keep(b"")
        self._connection.lost()

    def pause_writing(self) -> None:
        """What the other side sends waits in its line."""
        self.writable = False

    def resume_writing(self) -> None:
        """What the other side has sent goes on."""
        self.writable = True
        self.other.pump()

    def pump(self) -> None:
        """Send on what is due, look again when more is, and read no more than may be kept."""
        clock = asyncio.get_running_loop()
        if self._timer:
            self._timer.cancel()
        while (self.other.writable or self._broken) and self.line.due() <= clock.time():
            self._send(self.line.take(clock.time()))
            if self.line.flow.largest:  # One piece a turn of the loop, so that they arrive as pieces.
                break
        if (self.other.writable or self._broken) and self.line.due() < math.inf:
            self._timer = clock.call_at(self.line.due(), self.pump)
        if self.transport:
            full = self.line.size >= HELD_BYTES
            (self.transport.pause_reading if full else self.transport.resume_reading)()

    def _keep(self, data: bytes) -> None:
        self.line.put(data, asyncio.get_running_loop().time())
        if self.line.flow.held:
            self._connection.hit()
        self.pump()

    def _send(self, data: bytes | memoryview) -> None:
        if not data:
            self._end()
        elif self.other.transport:
            self._forwarded[self._direction] += len(data)
            self.other.transport.write(data)

    def _end(self) -> None:
        if self._broken:
            self._connection.end(reset)
            return
        self.ended = True
        with suppress(OSError):  # It may have been reset this very moment.
            if self.other.transport:
                self.other.transport.write_eof()
        if self.other.ended:
            self._connection.end(FINISH)
