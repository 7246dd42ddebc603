"""What it costs that somebody looks: each twin as it is, and while the board is open on one page.

The page's own work is done by the computer that shows it; what is measured is what the lab spends on being looked at:
the board's looks, the answers of those it asks, and the feed.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import Event, Thread

import httpx

from bench import wrk
from bench.book import Bench, Point
from bench.candidates import Ours
from bench.parts.drain import drain, put_back
from bench.parts.http import BODY
from cli.errors import Failed
from drills.sides import SIDES

PART = "board"
POST, DRAIN = "POST to 202", "drain"
ALONE, OPEN = "nobody looks", "a page is open"
CONNECTIONS = 32
LASTS = 2
"""Times the seconds of another load: the board looks twice a second."""
BACKLOG = 50_000
SEEN_WITHIN = 20.0


def measure(bench: Bench) -> None:
    """Both in turn, in POSTs and in draining a queue."""
    for _ in bench.rounds():
        for side in SIDES:
            one = Ours(bench.stage, side)
            for candidate in (ALONE, OPEN):
                with looking(bench.stage.http) if candidate == OPEN else nullcontext():
                    _post(bench, one, candidate)
                    _drain(bench, one, candidate)
    put_back(bench)


def _post(bench: Bench, one: Ours, candidate: str) -> None:
    one.stop_workers()
    load = wrk.post(one.url, CONNECTIONS, LASTS * bench.wish.seconds, BODY)
    bench.stage.broker.purge(one.queue)
    bench.book.load(Point(PART, f"{POST}, {one.name}", candidate, CONNECTIONS, "connections"), load)
    bench.tell(f"{POST}, {one.name}, {candidate}: {load.rate:,.0f}/s")


def _drain(bench: Bench, one: Ours, candidate: str) -> None:
    point = Point(PART, f"{DRAIN}, {one.name}", candidate, 1, "workers")
    drained = drain(bench, one, bench.wish.sized(BACKLOG), 1, point)
    bench.tell(f"{DRAIN}, {one.name}, {candidate}: {drained.rate:,.0f}/s")


@contextmanager
def looking(http: str) -> Iterator[None]:
    """A page is open while the block lasts: it takes what the feed sends. Failed where nothing comes."""
    seen, over = Event(), Event()
    viewer = Thread(target=_view, args=(f"{http}/board/feed", seen, over), daemon=True)
    viewer.start()
    if not seen.wait(SEEN_WITHIN):
        raise Failed("its feed sends nothing", part="board", mend="./lab logs board")
    try:
        yield
    finally:
        over.set()
        viewer.join(SEEN_WITHIN)


def _view(url: str, seen: Event, over: Event) -> None:
    with httpx.stream("GET", url, timeout=SEEN_WITHIN, trust_env=False) as feed:
        for line in feed.iter_lines():
            if line.startswith("data:"):
                seen.set()
            if over.is_set():
                return
