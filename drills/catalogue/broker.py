"""What RabbitMQ and its operator can do to those who use it."""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from drills.drill import drill
from drills.history import Outcome
from drills.scene import Scene
from drills.sides import Side

GROUP = "broker"
SERVICE_UNAVAILABLE = 503
LONGEST = 20
"""Messages that the full queue holds."""
ACKNOWLEDGEMENT_MS = 6_000


def work_queues(sides: Sequence[Side]) -> str:
    """The pattern that the names of these sides' work queues match, and those of no other queue."""
    return f"^({'|'.join(re.escape(name) for side in sides for name in side.topology.works)})$"


@contextmanager
def policy(scene: Scene, name: str, definition: dict[str, object]) -> Iterator[None]:
    """A policy on the work queues while the block lasts."""
    document = {"pattern": work_queues(scene.sides), "definition": definition, "apply-to": "queues"}
    scene.stage.broker.api("PUT", f"/policies/%2F/{name}", document)
    try:
        yield
    finally:
        scene.stage.broker.api("DELETE", f"/policies/%2F/{name}")


@drill("queue-full", GROUP, ci=True, seconds=4)
def queue_full(scene: Scene) -> None:
    """The work queue is full.

    Teaches: A queue needs an end, and a full one must say no (reject-publish) instead of dropping its oldest
    message.

    The client sees: 503 with Retry-After, saying that nothing was queued.

    Holds: Nothing refused is ever stored; everything accepted is, when the workers are back.

    Injected: the workers are stopped, and a policy gives the queues a maximum length.
    """
    for side in scene.sides:
        scene.stage.stack.stop(side.worker)
    with policy(scene, "full", {"max-length": LONGEST}):
        before = {side: len(scene.requests(side)) for side in scene.sides}
        with scene.fault(f"at most {LONGEST} messages"):
            scene.hold()
        for side in scene.sides:
            scene.stage.stack.start(side.worker)
        # The broker tells its publishers that there is room again when messages leave, not when the limit does.
        scene.wait_for_accepted(LONGEST)
    for side in scene.sides:
        refused = [one for one in scene.requests(side)[before[side] :] if one.outcome is Outcome.REFUSED]
        scene.demand(bool(refused), "nothing was refused: the queue was never full", side)
        scene.demand({one.status for one in refused} <= {SERVICE_UNAVAILABLE}, "a refusal was not a 503", side)


@drill("queue-deleted", GROUP, ci=True)
def queue_deleted(scene: Scene) -> None:
    """The work queue is deleted by hand, while it is empty and in use.

    Teaches: Without the mandatory flag the broker confirms a message that no queue takes, and it is gone.

    The client sees: 503 for the first ones, until the queue is declared again; never a false 202.

    Holds: Queue and consumer are back within 5 s, without a restart; every accepted task is stored once.

    Injected: DELETE of both work queues, over the management API, each at a moment when it is empty.
    """
    for side in scene.sides:
        with scene.fault(f"{side.queue} deleted"):
            deleted = scene.delete_when_empty(side, side.topology.works)
            scene.wait_until_served_after(side, deleted, "queue deleted")


@drill("connections-closed", GROUP, ci=True, seconds=10)
def connections_closed(scene: Scene) -> None:
    """The broker closes every connection, every two seconds.

    Teaches: A client of a broker is a client that connects again, with growing and jittered pauses, and that
    forgets the delivery tags of the connection before.

    The client sees: Mostly 202; what was unconfirmed at that moment is answered 503.

    Holds: Every accepted task is stored once; connections do not pile up.

    Injected: DELETE of every connection over the management API.
    """
    with scene.fault("connections closed again and again"):
        ends, closed = time.monotonic() + scene.seconds, 0
        while time.monotonic() < ends:
            for connection in scene.stage.broker.api("GET", "/connections").json():
                closed += scene.stage.broker.close_connection(connection["name"])
            scene.hold(2.0)
    scene.demand(closed > len(scene.sides), f"only {closed} connections were closed")
    scene.wait_until_connections(8)


@drill("credentials", GROUP, seconds=6)
def credentials(scene: Scene) -> None:
    """The password of the services' user is changed under them, and restored.

    Teaches: Connections that are open stay open; the next one is refused. A client that gives up then needs a hand;
    one that goes on trying does not.

    The client sees: 503 with Retry-After while the password is wrong.

    Holds: Everything is back by itself once the password is; every accepted task is stored once.

    Injected: change_password, then every connection is closed; change_password back.
    """
    user, password = scene.stage.broker.login
    with scene.fault("password changed"):
        scene.stage.rabbitmqctl("change_password", user, f"{password}-changed")
        try:
            scene.stage.rabbitmqctl("close_all_user_connections", user, "drill")
            scene.hold()
        finally:
            scene.stage.rabbitmqctl("change_password", user, password)


@drill("acknowledgement-timeout", GROUP, ways=("native",), seconds=12)
def acknowledgement_timeout(scene: Scene) -> None:
    """The broker loses patience with a consumer that does not acknowledge.

    Teaches: A message in the hands of a consumer that hangs is not processed by anybody. The broker's own limit (30
    minutes by default) closes the channel; the consumer must notice and begin anew.

    The client sees: Nothing.

    Holds: The worker consumes again without a restart; every accepted task is stored once, none is dead.

    Injected: the broker's limit is set to some seconds, and mongod is frozen for longer than that.
    """
    scene.stage.rabbitmqctl("eval", f"application:set_env(rabbit, consumer_timeout, {ACKNOWLEDGEMENT_MS}).")
    try:
        for side in scene.sides:  # The limit is read when a channel opens.
            scene.stage.stack.restart(side.worker)
        scene.stage.wait_until_ready()
        with scene.fault("mongod frozen for longer than the limit"), scene.frozen(["mongo"]):
            scene.hold()
    finally:
        scene.stage.rabbitmqctl("eval", "application:set_env(rabbit, consumer_timeout, 1800000).")
    thawed = time.time()
    for side in scene.sides:
        scene.wait_for_stored_after(side, thawed)
        told = [line for line in scene.stage.stack.tail(side.worker, 50_000) if "timed out" in line]
        scene.demand(bool(told), "the broker never lost patience", side)
