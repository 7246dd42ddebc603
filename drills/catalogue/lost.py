"""Bytes that are lost with their connection: publishes, confirms, the database's answers, acknowledgements."""

import time

from drills.catalogue.links import GROUP, LINKED, linked
from drills.drill import NATIVE, drill
from drills.history import Outcome
from drills.links import one_way
from drills.proxy import Mode
from drills.scene import Scene
from drills.waiting import wait_until


def _lose(scene: Scene, names: list[str], mode: Mode, label: str) -> None:
    """Bytes of one direction are kept back until there are some on every link, and then lost with the connection."""
    links = linked(scene)
    with scene.fault(label):
        for _ in range(3):
            for name in names:
                links.set(name, mode)
            wait_until(lambda: all(links.stats(name).held for name in names), 20.0, "something is on its way")
            scene.hold(0.5)
            links.heal()
            now = time.time()
            for side in scene.sides:
                scene.wait_for_stored_after(side, now)


@drill("confirm-lost", GROUP, plan=LINKED, ways=NATIVE, ci=True)
def confirm_lost(scene: Scene) -> None:
    """Publishes arrive, and their confirms are lost.

    Teaches: No confirm does not mean not queued. The API must say that it does not know, and the client may repeat
    the request with the same Idempotency-Key.

    The client sees: 503 that does not claim that nothing was queued.

    Holds: What was accepted is stored once; what is unknown is stored once or not at all.

    Injected: a TCP proxy keeps back what RabbitMQ answers to the APIs, and then cuts the connection; three times.
    """
    names = [f"{side.api}-rabbitmq" for side in scene.sides]
    _lose(scene, names, one_way("answers", lose=True), "confirms lost")
    for side in scene.sides:
        scene.demand(bool(scene.requests(side, Outcome.UNKNOWN)), "no confirm was ever lost", side)


@drill("publish-lost", GROUP, plan=LINKED, ways=NATIVE, ci=True)
def publish_lost(scene: Scene) -> None:
    """Publishes are lost on their way to RabbitMQ.

    Teaches: Bytes that a socket has taken have arrived nowhere yet. Only the confirm counts.

    The client sees: 503 that does not claim that nothing was queued; never a false 202.

    Holds: Every accepted task is stored once.

    Injected: a TCP proxy keeps back what the APIs send to RabbitMQ, and then cuts the connection; three times.
    """
    names = [f"{side.api}-rabbitmq" for side in scene.sides]
    _lose(scene, names, one_way("requests", lose=True), "publishes lost")
    for side in scene.sides:
        scene.demand(bool(scene.requests(side, Outcome.UNKNOWN)), "no publish was ever lost", side)


@drill("insert-answer-lost", GROUP, plan=LINKED, ways=NATIVE, ci=True)
def insert_answer_lost(scene: Scene) -> None:
    """Documents are stored, and the database's answer is lost.

    Teaches: The worker must write again, because it cannot know; storing must be idempotent, so that it may.

    The client sees: Nothing.

    Holds: Every accepted task is stored once.

    Injected: a TCP proxy keeps back what MongoDB answers to the workers, and then cuts the connection; three times.
    """
    names = [f"{side.worker}-mongo" for side in scene.sides]
    _lose(scene, names, one_way("answers", lose=True), "answers lost")


@drill("acknowledgement-lost", GROUP, plan=LINKED, ways=NATIVE, ci=True)
def acknowledgement_lost(scene: Scene) -> None:
    """Tasks are stored, and their acknowledgements are lost.

    Teaches: At least once means that the same message comes again; what makes it "stored once" is the id as primary
    key.

    The client sees: Nothing.

    Holds: Every accepted task is stored once; none is a dead letter.

    Injected: a TCP proxy keeps back what the workers send to RabbitMQ, and then cuts the connection; three times.
    """
    names = [f"{side.worker}-rabbitmq" for side in scene.sides]
    _lose(scene, names, one_way("requests", lose=True), "acknowledgements lost")
