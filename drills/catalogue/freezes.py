"""Parts that hang: there, connected, and silent. Worse than parts that are gone."""

from drills.drill import drill
from drills.history import Outcome
from drills.scene import Scene

GROUP = "freeze"
ANSWERED_WITHIN = 5.0


def freeze(scene: Scene, service: str) -> None:
    """The service is silent while the fault lasts; then everything must be ready again by itself."""
    with scene.fault(f"{service} frozen"), scene.frozen([service]):
        scene.hold()


@drill("freeze-rabbitmq", GROUP, seconds=60, ci=True)
def freeze_rabbitmq(scene: Scene) -> None:
    """RabbitMQ says nothing any more.

    Teaches: Why every wait needs a deadline of one's own. The connection is open, the broker takes the bytes, and
    no confirm ever comes.

    The client sees: 503 within 5 s. The first ones wait for the deadline, the next ones are refused at once.

    Holds: No answer takes longer than 5 s; no false 202; what was on its way is stored once or not at all; all
    threads and connections are back afterwards.

    Injected: SIGSTOP to the Erlang VM and its helpers, then SIGCONT.
    """
    before = {side: len(scene.requests(side, Outcome.OK)) for side in scene.sides}
    freeze(scene, "rabbitmq")
    thawed = scene.bands[-1].end
    for side in scene.sides:
        meanwhile = [one for one in scene.requests(side)[before[side] :] if one.end < thawed]
        slowest = max((one.seconds for one in meanwhile), default=0.0)
        scene.demand(bool(meanwhile), "nothing was asked while the broker was silent", side)
        scene.figure(side, "longest answer while the broker is frozen, s", slowest, ANSWERED_WITHIN)


@drill("freeze-mongod", GROUP, seconds=60, ci=True)
def freeze_mongod(scene: Scene) -> None:
    """mongod says nothing any more.

    Teaches: The queue is the buffer between those who ask and those who store. A worker that waits for its database
    must still answer the broker's heartbeats, or the broker delivers everything again and again.

    The client sees: Nothing: every task is accepted.

    Holds: Every task is accepted, and stored once, on its first attempt; nothing is a dead letter.

    Injected: SIGSTOP to mongod, then SIGCONT.
    """
    freeze(scene, "mongo")
    for side in scene.sides:
        scene.all_accepted(side, "tasks not accepted while mongod is frozen")


@drill("freeze-worker", GROUP, seconds=12)
def freeze_worker(scene: Scene) -> None:
    """Each worker says nothing any more.

    Teaches: A consumer that hangs keeps its messages until the broker has missed its heartbeats; then it is
    disconnected, and its messages go to whoever is there.

    The client sees: Nothing.

    Holds: Every accepted task is stored once, although the worker wakes up with messages that are no longer its
    own.

    Injected: SIGSTOP to pyworker and asyncworker, then SIGCONT.
    """
    with scene.fault("workers frozen"), scene.frozen([side.worker for side in scene.sides]):
        scene.hold()


@drill("freeze-api", GROUP, seconds=8, prompt=12)
def freeze_api(scene: Scene) -> None:
    """Each API says nothing any more.

    Teaches: The router's own time-outs: behind it a process can hang, and the client still gets an answer.

    The client sees: Silence for as long as nginx waits, then 504; afterwards 202 again.

    Holds: Every accepted task is stored once; what was not answered is stored once or not at all.

    Injected: SIGSTOP to gunicorn's processes, then SIGCONT.
    """
    with scene.fault("APIs frozen"), scene.frozen([side.api for side in scene.sides]):
        scene.hold()
