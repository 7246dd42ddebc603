"""Whether a long queue makes anything slower: queues of each length stand side by side on one broker, and take turns.

One after the other would compare what lies minutes apart, and a machine's own speed changes by a third in that time.
"""

from contextlib import AbstractContextManager, ExitStack

from bench import wrk
from bench.book import Bench, Point
from bench.choices.variants import Running, Variant
from bench.counting import tasks, wait_until_stored
from bench.parts.http import BODY
from bench.rest import settle
from bench.usage import memory
from core.settings import LIMITS
from drills.sides import Side

WAITING = (0, 100_000, 1_000_000)
PUBLISH = "publish"
DRAIN = "drain"
AXIS = "messages waiting"
CONNECTIONS = 32
DRAINED = 50_000
GIVEN_BACK = LIMITS.prefetch
"""So many at most the worker before it was given and did not store. They come again, and are taken one at a time: it is
not a queue's length that makes that slow (docs/decisions/0007-one-at-a-time.md), so they do not count."""
WITHIN = 600.0


def measure(bench: Bench, part: str, side: Side) -> None:
    """A twin's API and worker, once for each length, with a queue of its own."""
    with ExitStack() as stack:
        bench.stage.stack.stop(side.worker)
        each = {waiting: stack.enter_context(_served(bench, side, waiting)) for waiting in WAITING}
        for waiting, one in each.items():
            stack.callback(bench.stage.broker.purge, one.queue)
            _fill_up(bench, one, bench.wish.sized(waiting) if waiting else 0)
        settle(bench)
        for _ in bench.rounds():
            for waiting, one in each.items():
                _publish(bench, one, Point(part, PUBLISH, side.name, waiting, AXIS))
            for waiting, one in each.items():
                _drain(bench, one, Point(part, DRAIN, side.name, waiting, AXIS))
        _empty(bench, each[max(WAITING)], side, Point(part, DRAIN, side.name, max(WAITING), AXIS))


def _served(bench: Bench, side: Side, waiting: int) -> AbstractContextManager[Running]:
    return Running(bench.stage, Variant(f"{side.name} {waiting}", side, queue=f"{side.queue}.{waiting}")).serving()


def _fill_up(bench: Bench, one: Running, wanted: int) -> None:
    """At least so many messages wait in its queue."""
    there = bench.stage.broker.ready(one.queue)
    if there < wanted:
        bench.tell(f"{one.name}: {wanted - there:,} messages into the queue")
        one.fill(wanted - there)


def _publish(bench: Bench, one: Running, point: Point) -> None:
    if not point.at:
        bench.stage.broker.purge(one.queue)
    load = wrk.post(one.url, CONNECTIONS, bench.wish.seconds, BODY)
    bench.book.load(point, load)
    bench.tell(f"{PUBLISH}, {point.candidate}, {point.at:,.0f} waiting: {load.rate:,.0f}/s")


def _drain(bench: Bench, one: Running, point: Point) -> None:
    """How quickly the first ones of a queue are stored; it is as long as before afterwards, or empty."""
    count = bench.wish.sized(DRAINED)
    _fill_up(bench, one, max(GIVEN_BACK + count, bench.wish.sized(int(point.at))))
    settle(bench)
    with tasks(bench.stage.database) as collection:
        base = collection.estimated_document_count() + GIVEN_BACK
        one.start_workers(1)
        drained = wait_until_stored(collection, base, count, WITHIN)
        one.stop_workers()
        collection.delete_many({})
    bench.book.put(point, "tasks/s", "1/s", drained.rate)
    bench.tell(f"{DRAIN}, {point.candidate}, {point.at:,.0f} waiting: {drained.rate:,.0f}/s")


def _empty(bench: Bench, one: Running, side: Side, point: Point) -> None:
    """All of the longest queue through one worker, and that worker's memory after it."""
    _fill_up(bench, one, bench.wish.sized(DRAINED))  # In a small look the others may have been stored already.
    left = bench.stage.broker.ready(one.queue)
    bench.tell(f"{DRAIN}, {point.candidate}: the other {left:,} …")
    with tasks(bench.stage.database) as collection:
        one.start_workers(1)
        wait_until_stored(collection, 0, left, WITHIN)
        bench.book.put(point, f"RSS of {side.worker}", "MB", memory(one.processes())["worker"])
        one.stop_workers()
        collection.delete_many({})
