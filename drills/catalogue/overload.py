"""More than the stack can do, and clients that take their time."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from urllib.parse import urlsplit

import psutil

from drills.drill import drill
from drills.load import Load
from drills.scene import Scene

GROUP = "overload"
FLOOD = 96
SLOW = 500
MEGABYTES = 160
ALLOWED = {202, 429, 503}


def memory(scene: Scene) -> dict[str, float]:
    """Megabytes of the largest process of each of the twins' services."""
    found = {}
    for side in scene.sides:
        for service in side.services:
            sizes = [psutil.Process(pid).memory_info().rss / 1e6 for pid in scene.stage.pids(service)]
            found[service] = max(sizes, default=0.0)
    return found


@drill("overload", GROUP, seconds=30, settle=120)
def overload(scene: Scene) -> None:
    """Many times more clients than the stack can serve.

    Teaches: A service that cannot keep up must say so at once, and keep its memory; the queue takes what the
    workers cannot.

    The client sees: 202, 429 or 503, and nothing else.

    Holds: Memory is bounded; every accepted task is stored once; 5 s after the flood an answer takes no longer than
    usual.

    Injected: ninety-six clients of each API, each sending without a pause, for 30 s.
    """
    flood = Load(scene.stage.http, [side.name for side in scene.sides], FLOOD, 0.0, scene.history)
    with scene.fault("flood"), flood:
        ends, most = time.monotonic() + scene.seconds, 0.0
        while time.monotonic() < ends:
            scene.hold(1.0)
            most = max([most, *memory(scene).values()])
    over = scene.bands[-1].end
    for side in scene.sides:
        other = {one.status for one in scene.requests(side)} - ALLOWED
        scene.demand(not other, f"answers other than 202, 429 and 503: {sorted(other)}", side)
        first = scene.wait_for_accepted_after(side, over)
        scene.figure(side, "flood over → first 202, s", first - over, 5.0)
        scene.figure(side, "memory of the largest process in the flood, MB", most, MEGABYTES)


class Drip(Thread):
    """Five hundred connections to nginx that send a byte now and then."""

    def __init__(self, base_url: str, head: bytes) -> None:
        super().__init__(name="drip")
        address = urlsplit(base_url)
        self._host, self._port = address.hostname or "", address.port or 80
        self._head = head
        self._over = Event()
        self.connected = 0

    def run(self) -> None:
        """Drip until told to stop."""
        asyncio.run(self._all())

    def stop(self) -> None:
        """End every connection."""
        self._over.set()
        self.join()

    async def _all(self) -> None:
        await asyncio.gather(*(self._one() for _ in range(SLOW)), return_exceptions=True)

    async def _one(self) -> None:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        self.connected += 1
        try:
            writer.write(self._head)
            while not self._over.is_set() and not reader.at_eof():
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.5)
        finally:
            writer.close()


@contextmanager
def dripping(scene: Scene, head: str) -> Iterator[None]:
    """Slow clients are there while the block lasts."""
    drip = Drip(scene.stage.http, head.encode())
    drip.start()
    try:
        yield
    finally:
        drip.stop()
        scene.demand(drip.connected >= SLOW // 2, f"only {drip.connected} slow clients got a connection")


def slowly(scene: Scene, label: str, head: str) -> None:
    """The others are served as if the slow clients were not there."""
    with scene.fault(label), dripping(scene, head):
        scene.hold()
    for side in scene.sides:
        scene.all_accepted(side, "requests refused beside slow clients")


@drill("slow-headers", GROUP, seconds=6)
def slow_headers(scene: Scene) -> None:
    """Five hundred clients drip their headers.

    Teaches: Whoever serves a connection with a thread runs out of threads; the router in front does not.

    The client sees: The slow ones are cut off; all others are served.

    Holds: Every other request is answered 202.

    Injected: five hundred connections that send half a header and then a byte every half second.
    """
    slowly(scene, "headers dripped", "POST /flask/tasks HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")


@drill("slow-bodies", GROUP, seconds=6)
def slow_bodies(scene: Scene) -> None:
    """Five hundred clients drip their bodies.

    Teaches: nginx reads the whole body before it bothers an API with it.

    The client sees: The slow ones are cut off; all others are served.

    Holds: Every other request is answered 202.

    Injected: five hundred connections that announce a body and then send a byte of it every half second.
    """
    head = "POST /async/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    slowly(scene, "bodies dripped", f"{head}Content-Length: 60000\r\n\r\n")
