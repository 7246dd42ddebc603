"""Faults inside the programs: one operation in ten fails, now before and now after it was really carried out."""

from collections.abc import Mapping, Sequence

from cli.programs import temporary
from drills.drill import NATIVE, drill
from drills.history import Outcome
from drills.inside.flaky import AFTER, BEFORE, CLOSED, LATE, SOME
from drills.inside.hits import Hits
from drills.plan import inside
from drills.scene import Scene
from drills.sides import SIDES, Side

GROUP = "inside"
SECONDS = 5.0
SETTLE = 60.0
"""Who fails twice waits up to 6 s, who fails three times up to 31 s."""
APIS = tuple(side.api for side in SIDES)
WORKERS = tuple(side.worker for side in SIDES)

PUBLISH = "flaky:publish:0.1:SEED"
CONFIRM = "flaky:confirm:0.1:SEED"
INSERT = "flaky:insert:0.1:SEED"
ACKNOWLEDGE = "flaky:acknowledge:0.1:SEED"


def hold(scene: Scene, label: str, kinds: Mapping[str, Sequence[str]]) -> None:
    """Let time pass; every kind of every point must have failed meanwhile, on each twin."""
    points = [(side, point, kind) for side in scene.sides for point, its in kinds.items() for kind in its]
    before = [_hits(scene, *one) for one in points]
    with scene.fault(label):
        scene.hold()
    for (side, point, kind), earlier in zip(points, before, strict=True):
        happened = _hits(scene, side, point, kind) - earlier
        scene.demand(happened > 0, f"no {point} has failed ({kind}): nothing is proven", side)


def _hits(scene: Scene, side: Side, point: str, kind: str) -> int:
    return Hits(side.package, point).count(temporary(scene.stage.lab))[kind]


@drill("flaky-publish", GROUP, ways=NATIVE, plan=inside(APIS, PUBLISH), seconds=SECONDS)
def flaky_publish(scene: Scene) -> None:
    """One publish in ten fails inside the API.

    Teaches: The two ways to fail. Not sent is a definite no; sent, with the answer lost, is "nobody knows", and a
    client must not be told no then.

    The client sees: 503 for one task in ten: half of these say that nothing was queued, the others that nobody
    knows.

    Holds: Every accepted task is stored once, no refused one is; what nobody knows is stored once or not at all.

    Injected: by seed, before the publish an error that the broker is away; or after it one that no confirm has come.
    """
    hold(scene, "one publish in ten fails", {"publish": (BEFORE, AFTER)})
    for side in scene.sides:
        for outcome in (Outcome.REFUSED, Outcome.UNKNOWN):
            scene.demand(bool(scene.requests(side, outcome)), f"no client was told {outcome}", side)


@drill("flaky-confirm", GROUP, ways=NATIVE, plan=inside(APIS, CONFIRM), seconds=SECONDS)
def flaky_confirm(scene: Scene) -> None:
    """One confirm in ten is lost inside the API.

    Teaches: No answer is not a no. The broker has the task, and the client hears that nobody knows: the idempotency
    key is what makes sending again safe.

    The client sees: 503 for one task in ten, at once or after the publish deadline of 3 s; it says that the task may
    be queued.

    Holds: Every accepted task is stored once; so is each of those.

    Injected: by seed, a confirm that has come is reported as missing, or never reaches the request that waits for it.
    """
    hold(scene, "one confirm in ten is lost", {"confirm": (AFTER, LATE)})
    for side in scene.sides:
        scene.demand(bool(scene.requests(side, Outcome.UNKNOWN)), "no client was left in doubt", side)
        scene.demand(not scene.requests(side, Outcome.REFUSED), "a task that the broker had was refused", side)


@drill("flaky-insert", GROUP, ways=NATIVE, plan=inside(WORKERS, INSERT), seconds=SECONDS, settle=SETTLE)
def flaky_insert(scene: Scene) -> None:
    """One insert in ten fails inside the worker.

    Teaches: Why a retry may be blind where storing is idempotent: the second attempt finds the task and is content.

    The client sees: Nothing.

    Holds: Every accepted task is stored once, by its first attempt or a later one; none is a dead letter.

    Injected: by seed, before the write an error that the database is away; the same after the write; or every second
    document of a batch is reported as failed although it is stored.
    """
    hold(scene, "one insert in ten fails", {"insert": (BEFORE, AFTER, SOME)})
    for side in scene.sides:
        scene.all_answered(side)


@drill("flaky-acknowledge", GROUP, ways=NATIVE, plan=inside(WORKERS, ACKNOWLEDGE), seconds=SECONDS)
def flaky_acknowledge(scene: Scene) -> None:
    """One acknowledgement in ten is a lost connection instead, once a second at most.

    Teaches: At-least-once in its purest form: the task is stored, the broker does not know, and delivers it again.

    The client sees: Nothing.

    Holds: Every accepted task is stored once. Each lost connection costs what was unacknowledged one of its 20
    deliveries, and none is a dead letter.

    Injected: by seed, the worker closes its connection to the broker where it would acknowledge.
    """
    hold(scene, "acknowledgements get lost", {"acknowledge": (CLOSED,)})
    for side in scene.sides:
        scene.all_answered(side)


EVERYTHING = inside((*APIS, *WORKERS), PUBLISH, CONFIRM, INSERT, ACKNOWLEDGE)


@drill("flaky-everything", GROUP, ways=NATIVE, plan=EVERYTHING, seconds=SECONDS, settle=SETTLE, ci=True)
def flaky_everything(scene: Scene) -> None:
    """One operation in ten fails, of every kind, in every program.

    Teaches: Rules that hold one by one must hold together: a retry whose own publish fails, of a task that is stored
    already, delivered twice.

    The client sees: 503 for one task in five; half of these in doubt or more.

    Holds: Every accepted task is stored once, no refused one is, none is a dead letter.

    Injected: the faults of flaky-publish, flaky-confirm, flaky-insert and flaky-acknowledge at the same time; in the
    workers, publishes and confirms of retries fail as well.
    """
    kinds = {"publish": (BEFORE, AFTER), "confirm": (AFTER,), "insert": (BEFORE, AFTER, SOME), "acknowledge": (CLOSED,)}
    hold(scene, "one operation in ten fails", kinds)
