"""Drills that a defect cannot hide from: each holds open the short moment in which that defect loses a task."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from drills.drill import NATIVE, drill
from drills.scene import Scene
from drills.sides import Side
from drills.waiting import wait_until

GROUP = "held open"
IN_HAND = 20
"""Tasks that each twin accepts while its worker can store none."""
RETRIED_WITHIN = 10.0
BACK_WITHIN = 30.0


@drill("kill-worker-without-store", GROUP, ways=NATIVE, ci=True)
def kill_worker_without_store(scene: Scene) -> None:
    """Each worker is killed while the database is away.

    Teaches: What a worker holds while it waits for its database must still belong to the broker.

    The client sees: Nothing: the queue holds the tasks.

    Holds: Every accepted task is stored once, by the worker that comes after the killed one.

    Injected: workers and mongod are stopped, the workers started again without it; each is killed as soon as it has
    taken tasks, then mongod is started.
    """
    services = [side.worker for side in scene.sides]
    with scene.fault("no mongod, workers killed"):
        for service in (*services, "mongo"):
            scene.stage.stack.stop(service)
        for service in services:
            scene.stage.stack.start(service)
        for side in scene.sides:
            wait_until(partial(_has_consumer, scene, side), BACK_WITHIN, f"{side.worker} consumes")
        scene.wait_for_accepted(IN_HAND)
        for service in services:
            scene.kill(service)
        scene.stage.stack.start("mongo")
        scene.stage.wait_until_ready(BACK_WITHIN)
    for side in scene.sides:
        scene.all_answered(side)


def _has_consumer(scene: Scene, side: Side) -> bool:
    """Whether the broker knows somebody who takes from the work queue."""
    with scene.stage.broker.channel() as channel:
        return bool(channel.queue_declare(side.queue, passive=True).method.consumer_count)


@drill("kill-frozen-rabbitmq", GROUP, ways=NATIVE, seconds=1)
def kill_frozen_rabbitmq(scene: Scene) -> None:
    """RabbitMQ hangs, and is killed before it comes to itself.

    Teaches: Written to the socket is not received: the operating system takes the bytes for a program that never
    reads them. Only the broker's confirm counts.

    The client sees: 503, late at first and then at once, until the broker is back; never a false 202.

    Holds: Every accepted task is stored once; what was sent to the hanging broker is gone, and nobody was told
    otherwise.

    Injected: SIGSTOP to the Erlang VM, and SIGKILL a second later. Whoever watches it starts it again.
    """
    with scene.fault("RabbitMQ frozen, then killed"), scene.frozen(["rabbitmq"]):
        scene.hold()
        scene.kill("rabbitmq", "main")


@drill("delete-retry-queue", GROUP, ways=NATIVE, seconds=0.5, settle=60, ci=True)
def delete_retry_queue(scene: Scene) -> None:
    """The queue for second attempts is deleted while tasks are on their way into it.

    Teaches: A worker that publishes is a publisher: what it sends on needs a queue and a confirm too, before it may
    acknowledge.

    The client sees: Nothing.

    Holds: Every accepted task is stored once. What waited in the deleted queue is gone with it, so it is empty then.

    Injected: the first retry queue is deleted, then a rule that no document meets is put on the collection, and
    taken off.
    """
    for side in scene.sides:
        for name in first_retries(side):
            scene.stage.broker.api("DELETE", f"/queues/%2F/{name}")
    with refusing(scene):
        scene.hold()
    for side in scene.sides:
        scene.all_answered(side)


@contextmanager
def refusing(scene: Scene) -> Iterator[None]:
    """MongoDB refuses every document while the block lasts; it does so to each twin at least once."""
    with scene.fault("MongoDB refuses documents"), scene.refusing_documents():
        wait_until(lambda: all(_retried(scene)), RETRIED_WITHIN, "a task waits for its second attempt")
        yield


def _retried(scene: Scene) -> list[int]:
    """How many tasks of each twin wait for another attempt."""
    counts = scene.stage.broker.counts()
    return [sum(counts[name].ready for name in first_retries(side) if name in counts) for side in scene.sides]


def first_retries(side: Side) -> list[str]:
    """The queues in which a twin's tasks wait for their second attempt."""
    return [shard.retries[0].name for shard in side.topology.shards]
