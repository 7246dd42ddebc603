"""Whether each part of the lab is there: its own readiness endpoint is asked, and the answer kept a while."""

import asyncio
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from board.broker import silence
from board.client import Client
from board.settings import AFTERGLOW, WORKERS, Board

READY, DOWN, UNREADY, BACK = "ready", "down", "unready", "back"
"""What a part can be: well; silent; there, but lacking something; well again a moment ago."""


@dataclass
class Part:
    """One process that is asked."""

    url: str
    why: str = "not asked yet"
    state: str = DOWN
    away: float = 0.0
    """When it was last seen to be away, on a clock that only runs."""
    started: float = 0.0

    def seen(self, state: str, why: str, now: float) -> None:
        """What it has just answered; a part that was away is not simply ready again at once."""
        if state == DOWN:
            self.away = now
        glows = bool(self.away) and now - self.away < AFTERGLOW
        self.state = BACK if state == READY and glows else state
        self.why = why or ("it was away a moment ago" if self.state == BACK else "")

    def began(self, started: float, now: float) -> None:
        """When its process began: another moment than before means that it was killed, however quick it came back."""
        if self.started and started != self.started:
            self.away = now
            self.state, self.why = BACK, "its process was started anew"
        self.started = started

    def as_json(self) -> dict[str, Any]:
        """For the page."""
        return {"state": self.state, "why": self.why}


@dataclass
class Parts:
    """The router, the APIs and every worker."""

    board: Board
    services: dict[str, Part] = field(default_factory=dict)
    workers: dict[str, dict[str, Part]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.services = {
            "nginx": Part(f"{self.board.nginx}/healthz"),
            "flask": Part(f"{self.board.flask}/readyz"),
            "asyncapp": Part(f"{self.board.asyncapp}/readyz"),
        }
        self.workers = {kind: {} for kind in WORKERS}

    async def ask(self, http: Client) -> None:
        """All of them side by side."""
        await self._find_workers()
        parts = [*self.services.values(), *(part for found in self.workers.values() for part in found.values())]
        await asyncio.gather(*(ask(http, part) for part in parts))

    async def _find_workers(self) -> None:
        """Those that are known now; one that is new has not been away."""
        known = self.board.worker_addresses()
        for kind in WORKERS:
            urls = known.get(kind, []) if known is not None else await resolve(self.board.workers[kind])
            before = self.workers[kind]
            # A name without an address: nobody of this kind runs, and that is shown at the place of the first.
            self.workers[kind] = {url: before.get(url, Part(f"{url}/readyz")) for url in urls or [f"no {kind}"]}


async def resolve(address: str) -> list[str]:
    """Every address behind a name, as Docker's own name server tells them."""
    parts = urlsplit(f"//{address}")
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(parts.hostname, parts.port, family=socket.AF_INET, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return sorted({f"http://{place[0]!s}:{parts.port}" for *_, place in found})


async def ask(http: Client, part: Part) -> None:
    """Its readiness, now."""
    try:
        answer = await http.ask(part.url)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        part.seen(DOWN, silence(error), time.monotonic())
        return
    state = READY if answer.is_success else UNREADY
    part.seen(state, "" if answer.is_success else said(answer), time.monotonic())


def said(answer: httpx.Response) -> str:
    """The words of a problem document, else the status."""
    try:
        document: Any = answer.json()
        return str(document.get("detail") or document.get("title") or answer.status_code)
    except (ValueError, AttributeError):
        return f"it answers {answer.status_code}"


def summary(parts: Mapping[str, Part]) -> dict[str, Any]:
    """Several workers of a kind as one: how many there are, how many are well, and the first that is not."""
    states = [part.as_json() for part in parts.values()]
    well = sum(one["state"] in {READY, BACK} for one in states)
    worst = next((one for state in (DOWN, UNREADY, BACK) for one in states if one["state"] == state), states[0])
    return {**worst, "ready": well, "known": len(states), "each": [one["state"] for one in states]}
