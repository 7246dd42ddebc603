"""A TCP proxy that breaks on purpose: ``python -m drills.proxy``.

JSON lines on standard input are answered on standard output; ``drills.links`` speaks them. It ends with its input.
"""

import asyncio
import json
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from cli.ports import LOOPBACK
from drills.toxics import CUT, FREE, Flow, Side, reset

BACKLOG = 1024


@dataclass(frozen=True)
class Mode:
    """What is done to a link; ``drills.links`` has a name for each. A flapping one is up and down for seconds."""

    kind: Literal["forward", "cut", "reset", "black hole", "flapping"] = "forward"
    requests: Flow = FREE
    answers: Flow = FREE
    up: float = 0.0
    down: float = 0.0


class Connection:
    """A client and its connection to the upstream."""

    def __init__(self, link: "Link") -> None:
        self.link = link
        self.sides = self.client, self.upstream = Side(self, "requests"), Side(self, "answers")
        self.client.other, self.upstream.other = self.upstream, self.client
        self._connecting: asyncio.Task[None] | None = None
        self._hit = False

    def made(self, side: Side) -> None:
        """One of the two can be written to; for the client that is the beginning."""
        if side is self.client:
            self.link.accepted += 1
            self.link.connections.add(self)
            self.apply(self.link.mode)

    def apply(self, mode: Mode) -> None:
        """Do what the mode does, from now on."""
        self._hit = False
        if any(side.line and side.line.flow.lose for side in self.sides):
            self.end(CUT)
        elif mode.kind in ("cut", "reset"):
            self.hit()
            self.end(CUT if mode.kind == "cut" else reset)
        else:
            self._forward(mode)

    def hit(self) -> None:
        """The fault has touched this connection; that counts once a mode."""
        self.link.faults += not self._hit
        self._hit = True

    def end(self, how: Callable[[asyncio.Transport], None]) -> None:
        """Close both sides; what is kept is lost."""
        if self._connecting:
            self._connecting.cancel()
        for side in self.sides:
            side.line.clear()
            if side.transport:
                how(side.transport)

    def lost(self) -> None:
        """One of the two is gone; without both it is over."""
        if not (self.client.transport or self.upstream.transport):
            self.end(reset)
            self.link.connections.discard(self)

    def _forward(self, mode: Mode) -> None:
        self.client.line.change(mode.requests)
        self.upstream.line.change(mode.answers)
        if not self._connecting and mode.kind != "black hole":
            self._connecting = asyncio.create_task(self._connect())
        if not self._connecting or any(side.line and side.line.flow.held for side in self.sides):
            self.hit()
        self.client.pump()
        self.upstream.pump()

    async def _connect(self) -> None:
        """Who cannot be forwarded is reset: by now it is too late to refuse."""
        try:
            await asyncio.get_running_loop().create_connection(lambda: self.upstream, *self.link.upstream)
        except OSError:
            self.end(reset)


class Link:
    """A port of the proxy, the upstream behind it, and what is done to the connections between them now."""

    def __init__(self, upstream: tuple[str, int], port: int, seed: str) -> None:
        self.upstream = upstream
        self.chance = Random(seed)
        self.connections: set[Connection] = set()
        self.forwarded: dict[str, int] = {"requests": 0, "answers": 0}
        self.mode, self.accepted, self.faults = Mode(), 0, 0
        self._socket = _bound(port)
        self.port: int = self._socket.getsockname()[1]
        self._server: asyncio.Server | None = None
        self._flapping: asyncio.Task[None] | None = None

    async def set(self, mode: Mode) -> None:
        """Another mode, for the connections there are and those to come."""
        if self._flapping:
            self._flapping.cancel()
        if mode.kind == "flapping":
            self._flapping = asyncio.create_task(self._flap(mode))
        else:
            await self._apply(mode)

    def stats(self) -> dict[str, int]:
        """What ``drills.links.Stats`` explains."""
        held = sum(side.line.size for connection in self.connections for side in connection.sides)
        count = {"accepted": self.accepted, "open": len(self.connections), "faults": self.faults}
        return {**count, **self.forwarded, "held": held}

    async def _flap(self, mode: Mode) -> None:
        while True:
            await self._apply(Mode())
            await asyncio.sleep(mode.up)
            await self._apply(Mode("cut"))
            await asyncio.sleep(mode.down)

    async def _apply(self, mode: Mode) -> None:
        self.mode = mode
        if mode.kind == "cut":
            self._refuse()
        else:
            await self._listen()
        for connection in list(self.connections):
            connection.apply(mode)

    async def _listen(self) -> None:
        if self._server is None:
            # In two steps: the first does not wait, so that a flapping link cannot be stopped before it has the server.
            self._server = await asyncio.get_running_loop().create_server(
                lambda: Connection(self).client, sock=self._socket, backlog=BACKLOG, start_serving=False
            )
            await self._server.start_serving()

    def _refuse(self) -> None:
        """Close the port, and bind it again without listening: nobody else can take it meanwhile."""
        if self._server is not None:
            self._server.close()
            self._server, self._socket = None, _bound(self.port)


def _bound(port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((LOOPBACK, port))
    return bound


async def serve() -> None:
    """Answer commands until there are no more: by ``ok`` and what they give, or by ``error`` and why they do not."""
    links: dict[str, Link] = {}
    while line := await asyncio.to_thread(sys.stdin.readline):
        try:
            answer = {"ok": await _obey(json.loads(line), links)}
        except KeyError as error:
            answer = {"error": f"there is no {error}, only {', '.join(links) or 'nothing'}"}
        except (OSError, ValueError, TypeError) as error:
            answer = {"error": str(error)}
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


async def _obey(command: Any, links: dict[str, Link]) -> Any:
    match command:
        case {"open": name, "upstream": [host, port], "listen": listen, "seed": seed} if name not in links:
            link = Link((host, port), listen, seed)
            await link.set(Mode())
            links[name] = link
            return link.port
        case {"set": name, "mode": fields}:
            return await links[name].set(_mode(**fields))
        case {"stats": name}:
            return links[name].stats()
    raise ValueError(f"the name is taken, or this is no command: {command}")


def _mode(requests: dict[str, Any], answers: dict[str, Any], **others: Any) -> Mode:
    return Mode(requests=Flow(**requests), answers=Flow(**answers), **others)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started it, and ends it by its input.
    asyncio.run(serve())
