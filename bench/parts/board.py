"""What it costs that somebody looks: each twin as it is, and while the board is open on one page.

The page's own work is done by the computer that shows it; what is measured is what the lab spends on being looked at:
the board's looks, the answers of those it asks, and the feed.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Event, Thread

import httpx

from bench.book import Bench, Point
from bench.candidates import Ours
from bench.paired import post, turns
from bench.parts.drain import drain, put_back
from cli.errors import Failed
from drills.sides import SIDES

PART = "board"
POST, DRAIN = "POST to 202", "drain"
ALONE, OPEN = "nobody looks", "a page is open"
CONNECTIONS = 32
POSTS, SECONDS = 12, 3
"""So many turns of each in a round, and how long one lasts: twice as long as it takes to ask every part once."""
DRAINS, BACKLOG = 12, 20_000
SEEN_WITHIN = 20.0


def measure(bench: Bench) -> None:
    """With a page and without in turn, in POSTs and in draining a queue."""
    for _ in bench.rounds():
        for side in SIDES:
            one = Ours(bench.stage, side)
            one.stop_workers()
            for number, candidate in turns((ALONE, OPEN), POSTS):
                with _looking(bench, candidate):
                    _post(bench, one, candidate, number)
            for number, candidate in turns((ALONE, OPEN), DRAINS):
                with _looking(bench, candidate):
                    _drain(bench, one, candidate, number)
    put_back(bench)


def _looking(bench: Bench, candidate: str) -> AbstractContextManager[None]:
    return looking(bench.stage.http) if candidate == OPEN else nullcontext()


def _post(bench: Bench, one: Ours, candidate: str, number: int) -> None:
    point = Point(PART, f"{POST}, {one.name}", candidate, CONNECTIONS, "connections")
    load = post(bench, one, point, bench.everything({}), SECONDS)
    bench.tell(f"{point.case}, {candidate}, turn {number} of {POSTS}: {load.rate:,.0f}/s")


def _drain(bench: Bench, one: Ours, candidate: str, number: int) -> None:
    point = Point(PART, f"{DRAIN}, {one.name}", candidate, 1, "workers")
    count = bench.wish.sized(BACKLOG)
    drained = drain(bench, one, count, 1, point, processes=lambda: bench.everything({}))
    bench.tell(f"{point.case}, {candidate}, turn {number} of {DRAINS}: {drained.rate:,.0f}/s")


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
