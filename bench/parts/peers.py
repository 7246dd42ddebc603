"""The same job done with other libraries, in turn with ours in the same run.

Ours are run as the others are, beside the lab: by the same worker of gunicorn, behind an nginx of their own, and with
their log in a file and not in supervisord's pipe. So libraries are compared, and not what surrounds them.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack

from pika.exceptions import ChannelClosedByBroker

from bench import environment, wrk
from bench.book import Bench, Point
from bench.candidates import Candidate, Theirs
from bench.choices.variants import Running, Variant
from bench.counting import tasks, wait_until_stored
from bench.parts.drain import drain, put_back
from bench.parts.http import BODY
from bench.peers import PEERS
from drills.sides import SIDES
from drills.stage import Stage
from drills.waiting import wait_until

PART = "peers"
POST = "POST to 202"
WHOLE = "whole path"
DRAIN = "drain"
CONNECTIONS = 32
OURS = 50_000
THEIRS = 5_000
"""A backlog that takes each of them about as long."""
WITHIN = 300.0


def measure(bench: Bench) -> None:
    """POST alone, the whole path, and draining, each candidate in turn."""
    interpreter = environment.of_peers(bench.stage.lab.root)
    with ExitStack() as stack:
        theirs = [stack.enter_context(Theirs(bench.stage, peer, interpreter).serving()) for peer in PEERS]
        ours = [stack.enter_context(Running(bench.stage, Variant(side.name, side)).serving()) for side in SIDES]
        everybody: list[Candidate] = [*ours, *theirs]
        for side in SIDES:
            bench.stage.stack.stop(side.worker)
        asked = _with_own_api(everybody)
        for one in asked:
            _load(bench, one)
        for _ in bench.rounds():
            for one in asked:
                post(bench, one, Point(PART, POST, one.name, CONNECTIONS, "connections"))
            for one in everybody:
                whole(bench, one, Point(PART, WHOLE, one.name, CONNECTIONS, "connections"))
            for one in everybody:
                count = bench.wish.sized(OURS if one in ours else THEIRS)
                drained = drain(bench, one, count, 1, Point(PART, DRAIN, one.name, 1, "workers"))
                bench.tell(f"{DRAIN}, {one.name}: {drained.rate:,.0f}/s")
    put_back(bench)


def _with_own_api(everybody: Sequence[Candidate]) -> list[Candidate]:
    """Peers that differ in their worker only are asked once."""
    apis: dict[object, Candidate] = {}
    for one in everybody:
        apis.setdefault((one.peer.api, one.peer.kind) if isinstance(one, Theirs) else one.name, one)
    return list(apis.values())


def post(bench: Bench, one: Candidate, point: Point) -> None:
    """Requests to a candidate's API, whose worker stands still."""
    done: list[int] = []
    with bench.costs(point, one.processes(), lambda: done[0]):
        load = _load(bench, one)
        done.append(load.requests)
    bench.book.load(point, load)
    bench.tell(f"{point.case}, {one.name}: {load.rate:,.0f}/s, p95 {load.p95:.1f} ms")


def _load(bench: Bench, one: Candidate) -> wrk.Load:
    """Requests for as long as was wished, and an empty queue afterwards. A first one, not written down, warms up."""
    load = wrk.post(one.url, CONNECTIONS, bench.wish.seconds, BODY)
    bench.stage.broker.purge(one.queue)
    return load


def whole(bench: Bench, one: Candidate, point: Point) -> None:
    """Requests while the worker works, until nothing is left waiting."""
    one.start_workers(1)
    wait_until(lambda: _consumers(bench.stage, one.queue), WITHIN, f"the worker of {one.name} consumes")
    with tasks(bench.stage.database) as collection:
        base = collection.estimated_document_count()
        started, done = time.monotonic(), [0]
        with bench.costs(point, one.processes(), lambda: done[0]):
            load = wrk.post(one.url, CONNECTIONS, bench.wish.seconds, BODY)
            done[0] = load.requests
            drained = wait_until_stored(collection, base, load.requests, WITHIN)
    one.stop_workers()
    stored = load.requests / (drained.last - started)
    bench.book.put(point, "stored/s", "1/s", stored)
    bench.book.put(point, "accepted/s", "1/s", load.rate)
    bench.tell(f"{point.case}, {one.name}: {load.rate:,.0f}/s accepted, {stored:,.0f}/s stored")


def _consumers(stage: Stage, queue: str) -> int:
    """How many consume from a queue; none where it is not declared yet."""
    try:
        with stage.broker.channel() as channel:
            return int(channel.queue_declare(queue, passive=True).method.consumer_count)
    except ChannelClosedByBroker:
        return 0
