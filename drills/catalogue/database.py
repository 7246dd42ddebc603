"""What MongoDB can answer other than yes; and disks that are full."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo.errors import AutoReconnect, OperationFailure

from drills.disks import can_mount
from drills.drill import NATIVE, drill
from drills.plan import Plan
from drills.scene import Scene

GROUP = "database"
NOT_WRITABLE_PRIMARY = 10107
SHUTDOWN_IN_PROGRESS = 91
WRITE_CONCERN_TIMEOUT = 64
DISK_GROUP = "full disk"


@contextmanager
def failing(scene: Scene, data: dict[str, Any], mode: Any = "alwaysOn") -> Iterator[None]:
    """mongod answers every insert with a failure while the block lasts; mongod must have been started for tests."""
    command = {"configureFailPoint": "failCommand", "mode": mode, "data": {"failCommands": ["insert"], **data}}
    with scene.stage.database.client() as client:
        client.admin.command(command)
    try:
        yield
    finally:
        with scene.stage.database.client() as client:
            client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})


def fail_inserts(scene: Scene, label: str, data: dict[str, Any]) -> None:
    """Half of all inserts fail so while the fault lasts; then every twin must store again."""
    with scene.fault(label), failing(scene, data, {"activationProbability": 0.5}):
        scene.hold()
    healed = time.time()
    for side in scene.sides:
        scene.wait_for_stored_after(side, healed)


@drill("mongo-step-down", GROUP, ci=True)
def step_down(scene: Scene) -> None:
    """MongoDB's primary steps down.

    Teaches: A replica set without a primary takes no writes for a while; the driver waits, the worker tries again.

    The client sees: Nothing: tasks are accepted all the time.

    Holds: Every accepted task is stored once, none is a dead letter.

    Injected: replSetStepDown; the only member elects itself again some seconds later.
    """
    with scene.fault("no primary"):
        with scene.stage.database.client() as client:
            try:
                client.admin.command({"replSetStepDown": 4, "force": True})
            except (AutoReconnect, OperationFailure) as error:
                scene.demand(isinstance(error, AutoReconnect), f"the primary does not step down: {error}")
        down = time.time()
        for side in scene.sides:
            scene.wait_for_stored_after(side, down)


@drill("mongo-not-primary", GROUP, ci=True)
def not_primary(scene: Scene) -> None:
    """Half of all inserts are answered "not primary".

    Teaches: Which errors mean "try again": the driver repeats a write once, the worker as often as it takes.

    The client sees: Nothing.

    Holds: Every accepted task is stored once, none is a dead letter.

    Injected: the fail point failCommand, error 10107.
    """
    fail_inserts(scene, "not primary", {"errorCode": NOT_WRITABLE_PRIMARY})


@drill("mongo-write-concern", GROUP, ci=True)
def write_concern(scene: Scene) -> None:
    """Half of all inserts are carried out, and answered that they are not safe yet.

    Teaches: A write concern error is no success and no failure: the document may be there and may be rolled back.
    The only right answer is to write it again.

    The client sees: Nothing.

    Holds: Every accepted task is stored once, none is a dead letter.

    Injected: the fail point failCommand with a write concern error.
    """
    problem = {"code": WRITE_CONCERN_TIMEOUT, "errmsg": "waiting for replication timed out"}
    fail_inserts(scene, "write concern errors", {"writeConcernError": problem})


@drill("mongo-connection-closed", GROUP)
def connection_closed(scene: Scene) -> None:
    """Half of all inserts end with a closed connection.

    Teaches: A lost connection says nothing about the write that was on it.

    The client sees: Nothing.

    Holds: Every accepted task is stored once, none is a dead letter.

    Injected: the fail point failCommand, closeConnection.
    """
    fail_inserts(scene, "connections closed", {"closeConnection": True})


@drill("mongo-slow", GROUP)
def slow(scene: Scene) -> None:
    """Half of all inserts take longer than the worker waits.

    Teaches: A time-out hides success: what was given up may be carried out all the same.

    The client sees: Nothing.

    Holds: Every accepted task is stored once, none is a dead letter.

    Injected: the fail point failCommand, blockConnection for 3 s.
    """
    fail_inserts(scene, "inserts blocked", {"blockConnection": True, "blockTimeMS": 3_000})


@drill("mongo-document-refused", GROUP)
def document_refused(scene: Scene) -> None:
    """Every insert is refused with an error that has nothing to do with availability, for some seconds.

    Teaches: What cannot be stored now waits in a retry queue, with growing pauses and a count of its own, while
    others go on.

    The client sees: Nothing.

    Holds: Every accepted task is stored once in the end, none is a dead letter.

    Injected: a validator on the collection that nothing passes, and its removal.
    """
    with scene.fault("a validator that nothing passes"), scene.refusing_documents():
        scene.hold()


@contextmanager
def full(scene: Scene, service: str) -> Iterator[None]:
    """Not a byte is free when the block begins; afterwards there is room, and everything is ready."""
    with scene.fault("disk full"):
        scene.stage.disks.fill(service)
        try:
            yield
        finally:
            scene.stage.disks.free(service)
        scene.stage.wait_until_ready(90)


@drill("disk-full-rabbitmq", DISK_GROUP, ways=NATIVE, plan=Plan(disks=("rabbitmq",)), possible=can_mount, seconds=6)
def disk_full_rabbitmq(scene: Scene) -> None:
    """The disk under RabbitMQ is really full.

    Teaches: The alarm comes before the disk is full, if there is time. If there is none, the broker may stop; what
    it has confirmed is on the disk.

    The client sees: 503 with Retry-After; never a false 202.

    Holds: Every accepted task is stored once, when the disk has room again.

    Injected: the broker's data lie on a small file system in memory, which a file fills to the last byte. When it
    has room again, RabbitMQ is started anew, as its operator would.
    """
    with full(scene, "rabbitmq"):
        scene.hold()
        scene.stage.disks.free("rabbitmq")
        scene.stage.stack.restart("rabbitmq")


@drill("disk-full-mongod", DISK_GROUP, ways=NATIVE, plan=Plan(disks=("mongo",)), possible=can_mount, seconds=6)
def disk_full_mongod(scene: Scene) -> None:
    """The disk under MongoDB is really full.

    Teaches: mongod ends rather than go on without its journal. The queue keeps what cannot be stored.

    The client sees: Nothing: tasks are accepted all the time.

    Holds: Every accepted task is stored once, when the disk has room again; none is a dead letter.

    Injected: the database lies on a small file system in memory, which a file fills to the last byte.
    """
    with full(scene, "mongo"):
        scene.hold()
