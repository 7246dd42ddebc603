"""Whether anything becomes slower while the collection and the queue grow."""

import time

from bench import wrk
from bench.book import Bench, Point
from bench.candidates import Ours
from bench.counting import Tasks, tasks, wait_until_stored
from bench.documents import documents, insert
from bench.parts.drain import PART as DRAIN
from bench.parts.drain import put_back
from bench.parts.http import BODY
from bench.usage import memory
from core.documents import NEWEST_FIRST
from core.page import cursor_of
from drills.sides import SIDES

PART = "growth"
SIZES = (10_000, 100_000, 1_000_000)
WAITING = (0, 100_000, 1_000_000)
BATCH = 500
PAGE = 50
PAGES = 100
CONNECTIONS = 32
DRAINED = 50_000
WITHIN = 600.0


def measure(bench: Bench) -> None:
    """First the collection grows, then the queue."""
    _collection(bench)
    _queue(bench)
    put_back(bench)


def _collection(bench: Bench) -> None:
    with tasks(bench.stage.database) as collection:
        collection.delete_many({})
        for size in SIZES:
            wanted = bench.wish.sized(size)
            bench.tell(f"growing the collection to {wanted:,} documents")
            insert(collection, wanted - collection.estimated_document_count())
            for _ in bench.rounds():
                _insert(bench, collection, size)
                _lists(bench, collection, size)


def _insert(bench: Bench, collection: Tasks, size: int) -> None:
    """Batches as a worker writes them; taken out again, so that the collection keeps its size."""
    made = list(documents(BATCH))
    started = time.perf_counter()
    collection.insert_many(made, ordered=False)
    took = (time.perf_counter() - started) * 1000
    bench.book.put(Point(PART, f"insert {BATCH}", "mongo", size, "documents"), "p50", "ms", took)
    collection.delete_many({"_id": {"$in": [one["_id"] for one in made]}})


def _lists(bench: Bench, collection: Tasks, size: int) -> None:
    last = collection.find({}, sort=NEWEST_FIRST, skip=PAGE * (PAGES - 1) - 1, limit=1).to_list(1)
    after = cursor_of(last[0]) if last else ""
    for side in SIDES:
        one = Ours(bench.stage, side)
        pages = {"newest 50": f"?limit={PAGE}", "page 100": f"?limit={PAGE}&after={after}"}
        for name, query in pages.items():
            load = wrk.get(one.url + query, CONNECTIONS, bench.wish.seconds)
            bench.book.load(Point(PART, f"GET /tasks {name}", one.name, size, "documents"), load)
            bench.tell(f"GET /tasks {name}, {one.name}, {size:,} documents: {load.rate:,.0f}/s")


def _queue(bench: Bench) -> None:
    for waiting in WAITING:
        for side in SIDES:
            one = Ours(bench.stage, side)
            one.stop_workers()
            bench.stage.clear()
            backlog = bench.wish.sized(waiting) if waiting else 0
            if backlog:
                bench.tell(f"{one.name}: {backlog:,} messages into the queue")
                one.fill(backlog)
            _publish(bench, one, waiting)
            _drain(bench, one, waiting)


def _publish(bench: Bench, one: Ours, waiting: int) -> None:
    for _ in bench.rounds():
        load = wrk.post(one.url, CONNECTIONS, bench.wish.seconds, BODY)
        bench.book.load(Point(PART, "publish", one.name, waiting, "messages waiting"), load)
        bench.tell(f"publish, {one.name}, {waiting:,} waiting: {load.rate:,.0f}/s")


def _drain(bench: Bench, one: Ours, waiting: int) -> None:
    """How quickly the first ones of a long queue are stored, and then all of it: the worker's memory after that."""
    point = Point(PART, DRAIN, one.name, waiting, "messages waiting")
    count = bench.wish.sized(DRAINED)
    there = bench.stage.broker.ready(one.queue)
    if there < count:
        one.fill(count - there)
    with tasks(bench.stage.database) as collection:
        base = collection.estimated_document_count()
        one.start_workers(1)
        drained = wait_until_stored(collection, base, count, WITHIN)
        bench.book.put(point, "tasks/s", "1/s", drained.rate)
        bench.tell(f"drain, {one.name}, {waiting:,} waiting: {drained.rate:,.0f}/s; the rest …")
        _memory_after(bench, one, collection, base + max(there, count), point)


def _memory_after(bench: Bench, one: Ours, collection: Tasks, stored: int, point: Point) -> None:
    wait_until_stored(collection, 0, stored, WITHIN)
    bench.book.put(point, f"RSS of {one.side.worker}", "MB", memory(one.processes())[one.side.worker])
    one.stop_workers()
    collection.delete_many({})
