"""kill -9: nothing can be cleaned up, nobody is told."""

import time
from functools import partial

from drills.drill import NATIVE, drill
from drills.scene import Scene, listens
from drills.waiting import wait_until

GROUP = "kill -9"
BACK_WITHIN = 30.0
KILLS = 30
BACKLOG = 10_000


@drill("kill-api-process", GROUP, ci=True)
def kill_api_process(scene: Scene) -> None:
    """One process of each API is killed.

    Teaches: Why gunicorn runs a master and several processes: the master sees the death and starts another one.

    The client sees: Requests that this process was answering end without an answer; all others are served by its
    sibling.

    Holds: Every accepted task is stored once; what was never answered is stored once or not at all.

    Injected: SIGKILL to one of gunicorn's processes of each API.
    """
    with scene.fault("a process of each API killed"):
        for side in scene.sides:
            before = len(scene.stage.pids(side.api, "worker"))
            scene.kill_one(side.api, "worker")
            scene.wait_until_processes(side.api, before)


@drill("kill-api-master", GROUP, ci=True)
def kill_api_master(scene: Scene) -> None:
    """The master of each API is killed.

    Teaches: A supervisor needs a supervisor. Orphaned processes notice that their master is gone and end, so that
    the next master finds its port free.

    The client sees: 502 as a problem document that says that nothing was queued, until the next master serves.

    Holds: Every accepted task is stored once; nothing refused is stored.

    Injected: SIGKILL to gunicorn's master of each API.
    """
    with scene.fault("masters killed"):
        for side in scene.sides:
            scene.kill(side.api, "master")
        scene.stage.wait_until_ready(BACK_WITHIN)


@drill("kill-worker", GROUP, ci=True)
def kill_worker(scene: Scene) -> None:
    """Each queue worker is killed.

    Teaches: Why a message is acknowledged last. What the worker had in its hands is delivered again, to the worker
    that comes after it, and the id as the primary key stores it once.

    The client sees: Nothing: tasks are accepted all the time.

    Holds: Every accepted task is stored once; the work goes on within 3 s.

    Injected: SIGKILL to pyworker and asyncworker while tasks are stored. Whoever watches them starts them again.
    """
    with scene.fault("workers killed"):
        for side in scene.sides:
            scene.kill(side.worker)
        killed = time.time()
        for side in scene.sides:
            stored = scene.wait_for_stored_after(side, killed)
            scene.figure(side, "worker killed → its work goes on, s", stored - killed, 3.0)
    for side in scene.sides:
        scene.all_answered(side)


@drill("kill-worker-mid-batch", GROUP, ways=NATIVE, ci=True)
def kill_worker_mid_batch(scene: Scene) -> None:
    """Each worker is killed between receiving a batch and storing it.

    Teaches: The moment that every wrong order of insert and acknowledgement is punished at.

    The client sees: Nothing.

    Holds: What was received and not acknowledged is delivered again; every accepted task is stored once.

    Injected: mongod is frozen until messages are in the workers' hands, the workers are killed, mongod goes on.
    """
    with scene.fault("mongod silent, workers killed"):
        with scene.frozen(["mongo"]):
            for side in scene.sides:
                scene.wait_until_unacknowledged(side, 20)
            for side in scene.sides:
                scene.kill(side.worker)
        killed = time.time()
        for side in scene.sides:
            scene.wait_for_stored_after(side, killed)


@drill("kill-worker-loop", GROUP, ways=NATIVE, settle=60)
def kill_worker_loop(scene: Scene) -> None:
    """Each worker is killed thirty times with ten thousand tasks waiting.

    Teaches: The broker counts deliveries and gives a message up after twenty. A worker that takes hundreds of
    messages and dies again and again must not use up that patience for all of them.

    The client sees: Nothing.

    Holds: Nothing becomes a dead letter; every accepted task is stored once.

    Injected: ten thousand tasks are sent while the workers are stopped; then the workers start and each is killed
    as soon as it has stored something, thirty times.
    """
    for side in scene.sides:
        scene.stage.stack.stop(side.worker)
    scene.send_backlog(BACKLOG)
    for side in scene.sides:
        scene.stage.stack.start(side.worker)
    with scene.fault(f"each worker killed {KILLS} times"):
        for _ in range(KILLS):
            born = time.time()
            for side in scene.sides:
                scene.wait_for_stored_after(side, born)
            for side in scene.sides:
                scene.kill(side.worker)


@drill("kill-rabbitmq", GROUP, ci=True)
def kill_rabbitmq(scene: Scene) -> None:
    """RabbitMQ is killed.

    Teaches: What a durable quorum queue and a publisher confirm are worth: what was confirmed is on disk, what was
    not is answered 503, and both twins find their way back by themselves.

    The client sees: 503 with Retry-After, soon, until the broker is back; never a false 202.

    Holds: Every accepted task is stored once. From the moment that the broker's port is open again, the first 202
    and the first stored task come within 5 s each.

    Injected: SIGKILL to the Erlang VM. Whoever watches it starts it again.
    """
    port = scene.stage.lab.port("RABBIT_PORT")
    with scene.fault("RabbitMQ killed"):
        scene.kill("rabbitmq", "main")
        wait_until(lambda: not listens(port), 5, "the broker's port is closed", poll=0.01)
        wait_until(partial(listens, port), BACK_WITHIN, "the broker's port is open again", poll=0.02)
    opened = time.time()
    for side in scene.sides:
        scene.wait_until_served_after(side, opened, "broker's port open again")


@drill("kill-mongod", GROUP, ci=True, clients=12)
def kill_mongod(scene: Scene) -> None:
    """mongod is killed, three times.

    Teaches: Acknowledged by a majority and in the journal: with less, what the database had confirmed is gone after
    kill -9, and the message is gone too, because it was acknowledged.

    The client sees: Tasks are accepted all the time: the queue holds them.

    Holds: Every accepted task is stored once; none is a dead letter.

    Injected: SIGKILL to mongod while tasks are stored. Whoever watches it starts it again.
    """
    with scene.fault("mongod killed three times"):
        for _ in range(3):
            now = time.time()
            for side in scene.sides:
                scene.wait_for_stored_after(side, now)
            scene.kill("mongo", "main")
            scene.stage.wait_until_ready(BACK_WITHIN)
    for side in scene.sides:
        scene.all_answered(side)


@drill("kill-nginx", GROUP, ci=True)
def kill_nginx(scene: Scene) -> None:
    """nginx is killed.

    Teaches: The one part in front of everything: nothing behind it notices.

    The client sees: Connections that are reset, then refused, until nginx is back.

    Holds: Every accepted task is stored once; what was never answered is stored once or not at all.

    Injected: SIGKILL to the master and its worker processes.
    """
    with scene.fault("nginx killed"):
        scene.kill("nginx")
        scene.stage.wait_until_ready(BACK_WITHIN)
