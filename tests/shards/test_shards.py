"""What is different with shards, seen from outside: where tasks go, and that the tools look everywhere."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from drills.plan import Plan
from drills.sides import FLASK, Side
from drills.stage import Stage
from drills.waiting import wait_until
from tests.support.load import send_many

TASKS = 800
LEAST = 0.1
"""The share of the tasks that each shard gets at least; a fair share is a quarter."""
SOON = 20.0


@pytest.fixture
def side(stage: Stage) -> Side:
    """The synchronous twin, with its shards, and everything ready."""
    stage.wait_until_ready()
    return next(side for side in stage.sides if side.name == FLASK.name)


@contextmanager
def without_worker(stage: Stage, side: Side) -> Iterator[None]:
    """Tasks wait while the block lasts."""
    stage.stack.stop(side.worker)
    try:
        yield
    finally:
        stage.stack.start(side.worker)
        stage.wait_until_ready()


def ready(stage: Stage, side: Side) -> dict[str, int]:
    """How many tasks wait in each shard."""
    return {name: stage.broker.ready(name) for name in side.topology.works}


def empty(stage: Stage, side: Side) -> bool:
    """Whether no task of the twin waits or is in hand."""
    return not sum(ready(stage, side).values()) and not stage.broker.held(side.topology)


def test_tasks_are_spread_over_all_shards(stage: Stage, side: Side) -> None:
    """And all of them are stored at once, by a worker that consumes each and gives nothing back."""
    with without_worker(stage, side):
        history = send_many(stage.http, side.name, TASKS, connections=8)
        found = ready(stage, side)
    assert TASKS == sum(found.values())
    assert min(found.values()) >= LEAST * TASKS, found
    wait_until(lambda: stage.database.count({"notes": history.mark}) == TASKS, SOON, "all are stored")
    assert 0 == stage.database.count({"notes": history.mark, "passport.redelivered": True}), "given back on the way"


@pytest.mark.parametrize("message_id", ["one-id", ""])
def test_a_task_always_goes_to_the_same_shard(stage: Stage, side: Side, message_id: str) -> None:
    """By its id: what is sent twice waits in one queue, behind itself. What was put in by hand may have none."""
    with without_worker(stage, side):
        before = ready(stage, side)
        message = (b"no task at all", message_id)
        stage.broker.publish(side.topology, [message] * 20)
        after = ready(stage, side)
    assert [0, 0, 0, 20] == sorted(after[name] - before[name] for name in after)
    wait_until(lambda: stage.broker.ready(side.topology.dead.name) >= 20, SOON, "they are dead")
    stage.broker.take_dead(side.topology)


def test_every_shard_has_every_worker(stage: Stage, side: Side) -> None:
    """Not one worker a shard: a worker that is lost leaves no shard alone."""

    def consumers() -> set[int]:
        queues = stage.broker.api("GET", "/queues/%2F").json()
        return {one["consumers"] for one in queues if one["name"] in side.topology.works}

    wait_until(lambda: consumers() == {1}, SOON, "each shard has one consumer, the twin's worker")


def test_a_shard_that_is_deleted_under_load_is_back_and_the_others_serve_meanwhile(stage: Stage, side: Side) -> None:
    """The exchange spreads over those that are left, until a worker has declared it again."""
    last = side.topology.works[-1]
    wait_until(lambda: empty(stage, side), SOON, "nothing waits")
    stage.broker.api("DELETE", f"/queues/%2F/{last}")
    history = send_many(stage.http, side.name, TASKS // 4, connections=4)
    assert {"ok"} == {request.outcome.value for request in history.requests}
    wait_until(lambda: stage.database.count({"notes": history.mark}) == TASKS // 4, SOON, "all are stored")

    def is_back() -> bool:
        exchange = side.topology.exchange_to(side.queue)
        bound = stage.broker.api("GET", f"/exchanges/%2F/{exchange}/bindings/source").json()
        return set(side.topology.works) == {one["destination"] for one in bound}

    wait_until(is_back, SOON, f"{last} is bound again")


def lab(stage: Stage, side: Side, *words: str) -> str:
    """What a command of ``./lab`` says of the twin's queue."""
    environ = {**stage.stack.lab.variables, **stage.stack.lab.given, "RABBIT_QUEUE": side.queue}
    environ |= {"LAB_STATE": str(stage.lab.state), "PATH": "/usr/sbin:/usr/bin:/bin"}
    command = [sys.executable, "lab", *words]
    done = subprocess.run(
        command, cwd=stage.lab.root, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout + done.stderr


def test_a_task_that_waits_in_any_shard_is_found_by_trace(stage: Stage, side: Side) -> None:
    """It adds up what the shards hold."""
    with without_worker(stage, side):
        history = send_many(stage.http, side.name, 12, connections=2)
        said = lab(stage, side, "trace", history.requests[-1].id)
    assert f"12 message(s) wait in {side.queue} and nobody consumes it" in " ".join(said.split())


def test_a_dead_letter_of_any_shard_is_listed_and_put_back_over_all_of_them(stage: Stage, side: Side) -> None:
    """There is one queue of the dead for all shards."""
    wait_until(lambda: empty(stage, side), SOON, "nothing waits")
    stage.broker.publish(side.topology, [(b"no task", f"letter-{number}") for number in range(40)])
    wait_until(lambda: stage.broker.ready(side.topology.dead.name) == 40, SOON, "all are dead")
    listed = json.loads(lab(stage, side, "dead", "list", "--json", "-n", "100"))
    assert 40 == listed["total"]
    with without_worker(stage, side):
        assert "40 dead letter(s) requeued" in lab(stage, side, "dead", "requeue", "--all", "--yes")
        found = ready(stage, side)
    assert (40, True) == (sum(found.values()), min(found.values()) > 0)
    wait_until(lambda: stage.broker.ready(side.topology.dead.name) == 40, SOON, "all are dead again")
    stage.broker.take_dead(side.topology)


def test_doctor_knows_every_queue(stage: Stage, side: Side) -> None:
    """With the arguments that the services declare."""
    said = " ".join(lab(stage, side, "doctor").split())
    assert [] == [queue.name for queue in side.topology.queues if f"queue {queue.name} declared as" not in said]


def test_a_lab_that_gets_more_shards_goes_on_with_what_waits(stage: Stage, side: Side) -> None:
    """The first shard is the queue of the lab that had one; nothing is to be moved by hand."""
    stage.prepare(Plan(settings=(("QUEUE_SHARDS", "1"),)))
    stage.stack.stop(side.worker)
    history = send_many(stage.http, side.name, 40, connections=4)
    assert {side.queue: 40} == {name: count for name, count in ready(stage, side).items() if count}
    stage.prepare(Plan())
    wait_until(lambda: stage.database.count({"notes": history.mark}) == 40, SOON, "all are stored")
