"""Messages that can never be stored, published straight to the queue, around every check of the APIs."""

import json
import time
from collections.abc import Iterator, Sequence

from core.ids import new_id
from drills.drill import NATIVE, drill
from drills.facts import key_of
from drills.history import Outcome, Request, hash_of
from drills.inside.crash import DEADLY
from drills.load import unique
from drills.plan import inside
from drills.scene import Scene
from drills.sides import ASYNC, FLASK, Side

GROUP = "poison"
GOOD = 6_000
SHARE = 100
"""One message in so many is poison."""


def valid(scene: Scene, side: Side, title: str) -> dict[str, object]:
    """A message as a producer would write it."""
    return {
        "id": new_id(int(time.time() * 1000), scene.random.randbytes(10)),
        "title": title,
        "notes": scene.history.mark,
        "work": {"io_ms": 0, "cpu_ms": 0},
        "source": side.name,
        "host": "drill",
        "request_id": "drill",
        "accepted": "2026-01-01T00:00:00.000Z",
    }


def poisons(scene: Scene, side: Side) -> Iterator[bytes]:
    """Bodies that can never be stored, each different, for ever."""
    number = 0
    while True:
        number += 1
        mark = f"{number} {scene.history.mark}"
        good = valid(scene, side, mark)
        yield f"not JSON {mark}".encode()
        yield f"not UTF-8 {mark}".encode("utf-16")
        yield json.dumps({**good, "title": number}).encode()
        yield json.dumps({**good, "title": f"too big {mark}", "work": {"io_ms": 2**63}}).encode()
        yield json.dumps({**good, "title": f"surrogate \ud800 {mark}"}).encode()
        yield json.dumps({**good, "title": f"key {mark}", "a\x00b": 1}).encode()
        yield json.dumps({**good, "title": f"no id {mark}", "id": None}).encode()
        yield json.dumps({**good, "title": f"long {mark}", "notes": "x" * 300_000}).encode()


@drill("crash-poison", GROUP, ways=NATIVE, plan=inside((FLASK.worker, ASYNC.worker), "crash"), settle=90, clients=0)
def crash_poison(scene: Scene) -> None:
    """One message in a hundred kills the worker that works on it.

    Teaches: A worker that dies gives everything back that it held, and each message given back is counted. Whoever
    takes redelivered messages one by one does not let the neighbours pay.

    The client sees: Nothing.

    Holds: Ninety-nine tasks are stored; the deadly one is a dead letter, by the broker's delivery limit.

    Injected: a hundred messages, one of them deadly, are published while the workers are stopped; then the workers
    start, and start again, until the broker gives the deadly one up.
    """
    for side in scene.sides:
        scene.stage.stack.stop(side.worker)
    with scene.fault("a deadly message"):
        for side in scene.sides:
            titles = [unique() for _ in range(99)]
            titles.insert(50, unique(DEADLY))
            documents = [valid(scene, side, title) for title in titles]
            scene.stage.broker.publish(side.topology, [(json.dumps(one).encode(), str(one["id"])) for one in documents])
            for document in documents:
                offer(scene, side, document)
            scene.send_poison(side, [titles[50]])
            scene.stage.stack.start(side.worker)
        for side in scene.sides:
            scene.wait_for_dead(side, 1, 90.0)


def offer(scene: Scene, side: Side, document: dict[str, object]) -> None:
    """The ledger is told that this message was put into the queue, as by a client that knows its id."""
    title, now = str(document["title"]), time.time()
    body = hash_of(title, str(document["notes"]))
    scene.history.add(Request(title, body, side.name, now, now, Outcome.OK, 0, str(document["id"])))


@drill("poison", GROUP, ci=True, seconds=5)
def poison(scene: Scene) -> None:
    """One message in a hundred can never be stored.

    Teaches: What cannot be stored must leave the way of what can: to the dead letters, with the reason, at once.

    The client sees: Nothing: the APIs let no such message through.

    Holds: Exactly the poison is among the dead letters, each with its reason; its neighbours are stored.

    Injected: undecodable bodies, wrong schemas and values that the database cannot hold, published straight to the
    queues between the tasks of the APIs.
    """
    letters = {side: poisons(scene, side) for side in scene.sides}
    with scene.fault("poison in the stream"):
        for _ in range(10):
            for side in scene.sides:
                bodies = [next(letters[side]) for _ in range(4)]
                scene.stage.broker.publish(side.topology, [(body, "") for body in bodies])
                scene.send_poison(side, map(key_of, bodies))
            scene.hold(scene.seconds / 10)


def drain(scene: Scene, side: Side, bad: Sequence[bytes]) -> float:
    """Good tasks stored per second while the worker empties a queue of six thousand, with the bad ones among them."""
    scene.stage.stack.stop(side.worker)
    documents = [valid(scene, side, unique()) for _ in range(GOOD)]
    bodies = [json.dumps(one).encode() for one in documents]
    for number, body in enumerate(bad):
        bodies.insert(number * (SHARE + 1), body)
    scene.stage.broker.publish(side.topology, [(body, "") for body in bodies])
    for document in documents:
        offer(scene, side, document)
    scene.stage.stack.start(side.worker)
    scene.wait_until_stored([str(one["id"]) for one in documents])
    wanted = {"_id": {"$in": [one["id"] for one in documents]}}
    times = sorted(task.at for task in scene.stage.database.stored(wanted))
    return GOOD / (times[-1] - times[0])


@drill("poison-throughput", GROUP, clients=0)
def poison_throughput(scene: Scene) -> None:
    """A queue full of good messages is drained with and without poison among them.

    Teaches: What poison costs its neighbours: as little as one message more.

    The client sees: Nothing.

    Holds: With one poison in a hundred, the good ones are stored at 80 % of the speed at least, in the same run.

    Injected: six thousand good messages are published while the workers are stopped, three times without poison and
    three times with, in turn; then the workers start.
    """
    rates: dict[Side, dict[bool, list[float]]] = {side: {True: [], False: []} for side in scene.sides}
    letters = {side: poisons(scene, side) for side in scene.sides}
    with scene.fault("poison in the stream"):
        for turn in range(6):
            for side in scene.sides:
                bad = [next(letters[side]) for _ in range(GOOD // SHARE)] if turn % 2 else []
                rates[side][bool(turn % 2)].append(drain(scene, side, bad))
                scene.send_poison(side, map(key_of, bad))
    for side in scene.sides:
        share = max(rates[side][True]) / max(rates[side][False])
        scene.at_least(side, "throughput of the good among poison, share of that without", share, 0.8)
