"""A service behind a router: it tells what has arrived, and can be slow, broken or dead."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event

import httpx

from lessons.kit.between import Answered, Asked, Forward, between

SLOW, BROKEN, MISSING = "/slow", "/broken", "/missing"
"""What a path begins with for a service that never answers, breaks off without an answer, or has no such thing."""
OK, NOT_FOUND = 200, 404
NOWHERE = "http://127.0.0.1"


@dataclass
class Service:
    """Where it listens, and what has arrived."""

    address: str
    arrived: list[Asked] = field(default_factory=list)


@contextmanager
def service(name: str) -> Iterator[Service]:
    """Runs while the block lasts."""
    ends = Event()
    found = Service("")

    def behave(asked: Asked, _: Forward) -> Answered | None:
        found.arrived.append(asked)
        if asked.path.startswith(SLOW):
            ends.wait()
        if asked.path.startswith((SLOW, BROKEN)):
            return None
        return _told(name, asked)

    with between(NOWHERE, behave) as notes:
        found.address = notes.url.removeprefix("http://")
        try:
            yield found
        finally:
            ends.set()


def _told(name: str, asked: Asked) -> Answered:
    """What has arrived, as JSON; a problem document of the service's own where it has no such thing."""
    body: dict[str, object] = {"service": name, "path": asked.path, "headers": dict(asked.headers)}
    if not asked.path.startswith(MISSING):
        return Answered(OK, httpx.Headers({"Content-Type": "application/json"}), _encoded(body))
    body = {"type": "about:blank", "title": "Not Found", "status": NOT_FOUND, "detail": f"{name} has no {asked.path}"}
    return Answered(NOT_FOUND, httpx.Headers({"Content-Type": "application/problem+json"}), _encoded(body))


def _encoded(body: dict[str, object]) -> bytes:
    return json.dumps(body).encode() + b"\n"


@contextmanager
def dead() -> Iterator[str]:
    """An address that refuses connections while the block lasts: it is taken, and nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{one.getsockname()[1]}"
