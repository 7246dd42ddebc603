"""One look at the lab every half second for everybody who looks, and none while nobody does."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec

from board import broker, figures
from board.arrivals import Arrivals
from board.client import Client
from board.figures import Reading, grown
from board.parts import Parts, summary
from board.settings import SLOW_EVERY, TICK, WORKERS, Board

HALF, MOST = 0.5, 0.95
WAITING = 2
"""So many snapshots wait for a viewer that is slow; of more, the oldest is not sent."""


@dataclass
class Counted:
    """What an address has counted, at the last look and since."""

    last: Reading | None = None
    rate: dict[str, float] = field(default_factory=dict)
    p50: float | None = None
    p95: float | None = None


class Poller:
    """Shared by all viewers."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._viewers: set[asyncio.Queue[bytes]] = set()
        self._task: asyncio.Task[None] | None = None
        self.looks = 0
        """How often it has looked, for who wants to know whether it does."""

    async def snapshots(self) -> AsyncIterator[bytes]:
        """Snapshots as JSON, for one viewer, for as long as it takes them."""
        queue: asyncio.Queue[bytes] = asyncio.Queue(WAITING)
        self._viewers.add(queue)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        try:
            while True:
                yield await queue.get()
        finally:
            self._viewers.discard(queue)
            if not self._viewers and self._task is not None:
                self._task.cancel()

    async def _run(self) -> None:
        login = (self._board.lab.rabbit_user, self._board.lab.rabbit_password)
        async with Client() as plain, Client(login) as management:
            look = Look(self._board, plain, management)
            try:
                while True:
                    began = time.monotonic()
                    self._tell(msgspec.json.encode(await look.next()))
                    self.looks += 1
                    await asyncio.sleep(max(0.0, TICK - (time.monotonic() - began)))
            finally:
                await look.arrivals.close()

    def _tell(self, snapshot: bytes) -> None:
        for queue in self._viewers:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(snapshot)


class Look:
    """Everything that is known between two looks."""

    def __init__(self, board: Board, plain: Client, management: Client) -> None:
        self._board, self._plain, self._management = board, plain, management
        self.arrivals = Arrivals(board)
        self._parts = Parts(board)
        self._counted: dict[str, Counted] = {}
        self._broker = broker.Broker("not asked yet")
        self._number = 0
        self._counted_at = 0.0

    async def next(self) -> dict[str, Any]:
        """The next snapshot."""
        slow = self._number % SLOW_EVERY == 0
        self._number += 1
        arrived, *_ = await asyncio.gather(self.arrivals.next(slow), *(self._slow() if slow else ()))
        return self._snapshot(arrived, slow)

    def _slow(self) -> list[Any]:
        return [self._parts.ask(self._plain), self._count(), self._ask_broker(), self.arrivals.count()]

    async def _ask_broker(self) -> None:
        self._broker = await broker.look(self._management, self._board.management, self._board.topology)

    async def _count(self) -> None:
        """The counters of every process that is well."""
        now = time.monotonic()
        seconds, self._counted_at = now - self._counted_at, now
        urls = {self._board.flask, self._board.asyncapp}
        urls |= {url for kind in WORKERS for url in self._parts.workers[kind] if url.startswith("http")}
        self._counted = {url: self._counted.get(url, Counted()) for url in urls}
        await asyncio.gather(*(self._read(url, one, seconds) for url, one in self._counted.items()))

    async def _read(self, url: str, one: Counted, seconds: float) -> None:
        try:
            answer = await self._plain.ask(f"{url}/metrics")
            now = figures.reading(answer.raise_for_status().text)
        except (httpx.HTTPError, ValueError):
            one.rate, one.p50, one.p95 = {}, None, None
            return
        before, one.last = one.last, now
        if before is None:
            return
        names = ("accepted", "stored", "dead", "deliveries")
        restarted = now.started != before.started
        old = Reading() if restarted else before
        one.rate = {name: grown(getattr(old, name), getattr(now, name)) / seconds for name in names}
        one.p50 = figures.quantile(HALF, old.buckets, now.buckets)
        one.p95 = figures.quantile(MOST, old.buckets, now.buckets)
        for kind in WORKERS:
            if part := self._parts.workers[kind].get(url):
                part.began(now.started, time.monotonic())

    def _snapshot(self, arrived: tuple[list[dict[str, Any]], bool], counted: bool) -> dict[str, Any]:
        tasks, sampled = arrived
        seen = self._broker
        return {
            "at": time.time(),
            "counted": counted,
            "parts": {
                **{name: part.as_json() for name, part in self._parts.services.items()},
                **{kind: self._worker(kind) for kind in WORKERS},
                "rabbitmq": _state(seen.why, ", ".join(seen.alarms)),
                "mongo": {**_state(self.arrivals.why), "stored": self.arrivals.stored},
            },
            "apis": {"flask": self._api(self._board.flask), "async": self._api(self._board.asyncapp)},
            "alarms": seen.alarms,
            "queue": {"ready": seen.work.ready, "unacked": seen.work.unacked},
            "retries": seen.retries.ready,
            "dead": seen.dead.ready + seen.dead.unacked,
            "arrivals": tasks,
            "sampled": sampled,
        }

    def _worker(self, kind: str) -> dict[str, Any]:
        counted = [self._counted[url] for url in self._parts.workers[kind] if url in self._counted]
        rates = {name: sum(one.rate.get(name, 0.0) for one in counted) for name in ("stored", "dead", "deliveries")}
        return {
            **summary(self._parts.workers[kind]),
            "rate": rates["stored"],
            "dead_rate": rates["dead"],
            "deliveries_rate": rates["deliveries"],
        }

    def _api(self, url: str) -> Mapping[str, float | None]:
        one = self._counted.get(url, Counted())
        return {"rate": one.rate.get("accepted", 0.0), "p50": one.p50, "p95": one.p95}


def _state(why: str, alarm: str = "") -> dict[str, Any]:
    """Down where it does not answer; blocked where it answers, and takes nothing."""
    if why:
        return {"state": "down", "why": why}
    return {"state": "blocked", "why": alarm} if alarm else {"state": "ready", "why": ""}
