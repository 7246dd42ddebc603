"""Links that are cut, swallowed, reset, late, slow or flapping, between each pair of parts; answers that get lost."""

import time
from collections.abc import Callable, Sequence

from drills.drill import NATIVE, PROMPT, Drill, Inject, drill
from drills.history import Outcome
from drills.links import BLACK_HOLE, CUT, RESET, Links, delay, flapping, one_way, throttle
from drills.plan import Plan
from drills.proxy import Mode
from drills.scene import Scene
from drills.waiting import wait_until

GROUP = "links"
LINKED = Plan(links=True)

PAIRS: dict[str, tuple[str, Callable[[Scene], list[str]]]] = {
    "api-rabbitmq": ("the APIs and RabbitMQ", lambda scene: [f"{side.api}-rabbitmq" for side in scene.sides]),
    "worker-rabbitmq": ("the workers and RabbitMQ", lambda scene: [f"{side.worker}-rabbitmq" for side in scene.sides]),
    "worker-mongo": ("the workers and MongoDB", lambda scene: [f"{side.worker}-mongo" for side in scene.sides]),
    "nginx-api": ("nginx and the APIs", lambda scene: [f"nginx-{side.api}" for side in scene.sides]),
}
SEES = {
    "api-rabbitmq": "503 with Retry-After within 5 s while nothing can be confirmed; never a false 202.",
    "worker-rabbitmq": "Nothing: tasks are accepted, and wait.",
    "worker-mongo": "Nothing: tasks are accepted, and wait.",
    "nginx-api": "502 or 504 as a problem document, which says whether the request was passed on.",
}
FAULTS: dict[str, tuple[str, Mode, str, float]] = {
    "cut": ("is cut", CUT, "Connections end, and new ones are refused: the kindest way to be gone.", 4),
    "black-hole": (
        "swallows everything",
        BLACK_HOLE,
        "Everything stays open and nothing comes: only deadlines and heartbeats of one's own notice.",
        14,
    ),
    "reset": ("is reset", RESET, "Connections break in the middle of whatever was under way.", 4),
    "delay-50": ("is late by 50 ms", delay(50, 50, 10), "Latency costs throughput where one waits for each answer.", 4),
    "delay-500": ("is late by 500 ms", delay(500, 500, 100), "Many requests in flight hide latency; one does not.", 6),
    "delay-3000": (
        "is late by 3 s",
        delay(1500, 1500),
        "An answer that comes after the deadline is as good as none: its outcome is unknown.",
        8,
    ),
    "throttle": (
        "carries 4 kB/s",
        throttle(4_000, 4_000),
        "What cannot be passed on piles up; where it may pile up must be bounded.",
        8,
    ),
    "flapping": (
        "comes and goes",
        flapping(1.0, 0.7),
        "Reconnecting must be quick and must not leave anything behind, however often it happens.",
        10,
    ),
}
CI = {
    "api-rabbitmq-black-hole",
    "api-rabbitmq-reset",
    "worker-rabbitmq-flapping",
    "worker-mongo-cut",
    "worker-mongo-delay-500",
    "nginx-api-cut",
}
PATIENT = {"nginx-api-black-hole", "nginx-api-delay-3000", "nginx-api-throttle", "nginx-api-delay-500"}
"""The fault is between the client and the deadline that protects it: the answer may take as long as nginx waits."""
AS_LONG_AS_NGINX_WAITS = 45.0


def _breaking(pair: str, mode: Mode) -> Inject:
    """Sets the mode on every link of the pair while the fault lasts."""
    who, names = PAIRS[pair]

    def inject(scene: Scene) -> None:
        links = linked(scene)
        with scene.fault(f"between {who}"):
            try:
                for name in names(scene):
                    links.set(name, mode)
                scene.hold()
            finally:
                links.heal()
        for name in names(scene):
            scene.demand(links.stats(name).accepted > 0, f"nothing ever went through the link {name}")

    return inject


def linked(scene: Scene) -> Links:
    """The links of the stage."""
    assert scene.stage.links is not None, "the plan of the drill asks for links"
    return scene.stage.links


def _drills() -> Sequence[Drill]:
    found = []
    for pair, (who, _) in PAIRS.items():
        for kind, (what, mode, teaches, seconds) in FAULTS.items():
            name = f"{pair}-{kind}"
            texts = {
                "teaches": teaches,
                "sees": SEES[pair],
                "holds": "Every accepted task is stored once; everything heals by itself.",
                "injected": f"a TCP proxy between {who}.",
            }
            prompt = AS_LONG_AS_NGINX_WAITS if name in PATIENT else PROMPT
            found.append(
                Drill(
                    name, GROUP, f"The link between {who} {what}", texts, _breaking(pair, mode), LINKED, NATIVE,
                    name in CI, seconds, prompt,
                )
            )  # fmt: skip
    return found


DRILLS = _drills()


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
