"""Links that are cut, swallowed, reset, late, slow or flapping, between each pair of parts."""

from collections.abc import Callable, Sequence

from drills.drill import NATIVE, PROMPT, Drill, Inject
from drills.links import BLACK_HOLE, CUT, RESET, Links, delay, flapping, throttle
from drills.plan import Plan
from drills.proxy import Mode
from drills.scene import Scene

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
    "worker-rabbitmq-flapping",
    "worker-mongo-cut",
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
