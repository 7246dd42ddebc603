"""RabbitMQ's alarms: while one lasts it takes nothing from those who publish, and goes on serving those who consume."""

import time

from drills.catalogue.broker import GROUP, SERVICE_UNAVAILABLE
from drills.drill import drill
from drills.history import Outcome
from drills.scene import Scene
from drills.sides import Side

NOTICED_WITHIN = 4.0
"""Until the first request after the alarm has run into its deadline, nobody knows of it."""


def refused_all(scene: Scene, side: Side, start: float, end: float) -> None:
    """Between the two moments a twin has refused what was asked, with 503, and accepted nothing."""
    asked = [one for one in scene.requests(side) if one.start > start and one.end < end]
    scene.demand(bool(asked), "nothing was asked meanwhile", side)
    false = [one for one in asked if one.outcome is Outcome.OK]
    scene.demand(not false, f"{len(false)} tasks were accepted while nothing could be queued", side)
    other = {one.status for one in asked if one.outcome is not Outcome.OK} - {SERVICE_UNAVAILABLE}
    scene.demand(not other, f"refusals other than 503: {sorted(other)}", side)


def alarm(scene: Scene, raise_it: tuple[str, ...], end_it: tuple[str, ...], name: str) -> None:
    """An alarm of the broker's blocks those who publish, until it is over."""
    with scene.fault(f"{name} alarm"):
        try:
            scene.stage.rabbitmqctl(*raise_it)
            blocked = time.time()
            scene.hold()
        finally:
            lifted = time.time()
            scene.stage.rabbitmqctl(*end_it)
    for side in scene.sides:
        refused_all(scene, side, blocked + NOTICED_WITHIN, lifted)


@drill("memory-alarm", GROUP, ci=True, seconds=8)
def memory_alarm(scene: Scene) -> None:
    """RabbitMQ is short of memory.

    Teaches: Back-pressure: the broker stops reading from those who publish, and goes on serving those who consume.
    On a connection that does both, the acknowledgements would stop as well, and the queue could never empty.

    The client sees: 503 with Retry-After within 5 s; never a false 202.

    Holds: The workers go on; what was on its way is stored once or not at all.

    Injected: the memory high watermark is set to zero, and back.
    """
    alarm(
        scene,
        ("set_vm_memory_high_watermark", "0"),
        ("set_vm_memory_high_watermark", "0.6"),
        "memory",
    )


@drill("disk-alarm", GROUP, seconds=8)
def disk_alarm(scene: Scene) -> None:
    """RabbitMQ is short of disk.

    Teaches: The broker refuses early, while it can still write down what it has.

    The client sees: 503 with Retry-After within 5 s; never a false 202.

    Holds: The workers go on; what was on its way is stored once or not at all.

    Injected: the limit of free disk is set to more than there is, and back.
    """
    alarm(scene, ("set_disk_free_limit", "1000GB"), ("set_disk_free_limit", "50MB"), "disk")
