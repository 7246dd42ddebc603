"""Whether anything becomes slower while the collection and the queue grow."""

import time

from bench import wrk
from bench.book import Bench, Point
from bench.candidates import Ours
from bench.counting import Tasks, tasks
from bench.documents import documents, insert
from bench.parts import backlog
from bench.parts.drain import put_back
from bench.rest import settle
from core.documents import NEWEST_FIRST
from core.page import cursor_of
from drills.sides import SIDES

PART = "growth"
SIZES = (10_000, 100_000, 1_000_000)
BATCH = 500
PAGE = 50
PAGES = 100
CONNECTIONS = 32


def measure(bench: Bench) -> None:
    """First the collection grows, then the queue."""
    _collection(bench)
    for side in SIDES:
        settle(bench)
        backlog.measure(bench, PART, side)
    put_back(bench)


def _collection(bench: Bench) -> None:
    with tasks(bench.stage.database) as collection:
        collection.delete_many({})
        for size in SIZES:
            wanted = bench.wish.sized(size)
            bench.tell(f"growing the collection to {wanted:,} documents")
            insert(collection, wanted - collection.estimated_document_count())
            # Now, and not while the lists are measured: what is new is written to its files once a minute.
            collection.database.client.admin.command("fsync")
            settle(bench)
            for _ in bench.rounds():
                _insert(bench, collection, size)
                _lists(bench, collection, size)
        collection.delete_many({})


def _insert(bench: Bench, collection: Tasks, size: int) -> None:
    """Batches as a worker writes them; taken out again, so that the collection keeps its size."""
    made = list(documents(BATCH))
    started = time.perf_counter()
    collection.insert_many(made, ordered=False)
    took = (time.perf_counter() - started) * 1000
    bench.book.put(Point(PART, f"insert {BATCH}", "mongo", size, "documents"), "p50", "ms", took)
    collection.delete_many({"_id": {"$in": [one["_id"] for one in made]}})


def _lists(bench: Bench, collection: Tasks, size: int) -> None:
    pages = {"newest 50": f"?limit={PAGE}"}
    for last in collection.find({}, sort=NEWEST_FIRST, skip=PAGE * (PAGES - 1) - 1, limit=1):  # None in a short look.
        pages["page 100"] = f"?limit={PAGE}&after={cursor_of(last)}"
    for side in SIDES:
        one = Ours(bench.stage, side)
        for name, query in pages.items():
            load = wrk.get(one.url + query, CONNECTIONS, bench.wish.seconds)
            bench.book.load(Point(PART, f"GET /tasks {name}", one.name, size, "documents"), load)
            bench.tell(f"GET /tasks {name}, {one.name}, {size:,} documents: {load.rate:,.0f}/s")
