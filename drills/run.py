"""Running one drill: load, the fault, healing, rest, the account; one result for each twin."""

import time
from collections.abc import Callable, Sequence
from subprocess import SubprocessError

import httpx
from pika.exceptions import AMQPError
from pymongo.errors import PyMongoError

from cli.errors import CliError
from cli.language import later
from drills.drill import Drill
from drills.entries import Account, Facts, Stored
from drills.history import Outcome, keys
from drills.ledger import account
from drills.links import LinkError
from drills.load import Load
from drills.record import HEALING, Tell, nobody
from drills.result import DrillResult, Timeline
from drills.scene import Scene
from drills.sides import Side
from drills.stage import Stage
from drills.vitals import Vitals
from drills.waiting import TooLate, wait_until

WARM = 40
"""Accepted tasks of each twin before the fault."""
AFTER = 60
"""Accepted tasks of each twin after it."""
NOT_THERE = (AMQPError, OSError, httpx.HTTPError, PyMongoError)
BREAKS = (TooLate, LinkError, CliError, SubprocessError, *NOT_THERE)
HEALED_WITHIN = 60.0
QUIET = {"native": 3.0, "docker": 7.0}
"""Without a message for longer than the broker's counters are old, nothing more can come."""


def run(
    stage: Stage,
    drill: Drill,
    seed: int = 1,
    seconds: float | None = None,
    sides: Sequence[Side] | None = None,
    tell: Tell = nobody,
) -> list[DrillResult]:
    """The results of one drill, one a twin. What fails inside it is a problem of the result, not an exception.

    ``sides``: the twins to drill, both if none is named. ``tell`` is told each phase as it begins.
    """
    sides = stage.sides if sides is None else sides
    load = Load(stage.http, [side.name for side in sides], drill.clients)
    scene = Scene(stage, sides, seed, drill.seconds if seconds is None else seconds, load, tell)
    try:
        tell(later("preparing"))
        stage.prepare(drill.plan.seeded(seed))
        stage.clear()
        ready = _perform(scene, drill)
        _settle(scene, drill.settle)
        return [_result(scene, drill, side, ready) for side in sides]
    except BREAKS as error:
        scene.demand(False, f"the drill broke off: {type(error).__name__}: {error}")
        return [_judged(scene, drill, side, Account(), Timeline()) for side in sides]


def _perform(scene: Scene, drill: Drill) -> float:
    """Load, the fault, healing, and load again; when everything was ready."""
    scene.started = time.time()
    vitals = Vitals.of(scene.stage)
    with scene.load:
        if drill.clients:
            scene.tell(later("load"))
            _attempt(scene, lambda: scene.wait_for_accepted(WARM))
        _attempt(scene, lambda: drill.inject(scene))
        scene.tell(HEALING)
        _attempt(scene, lambda: scene.stage.wait_until_ready(HEALED_WITHIN))
        ready = time.time()
        if drill.clients:
            scene.tell(later("load after it"))
            _attempt(scene, lambda: scene.wait_for_accepted(AFTER))
    scene.tell(later("settling"))
    _attempt(scene, lambda: vitals.wait_until_back(scene.stage))
    return ready


def _attempt(scene: Scene, action: Callable[[], object]) -> None:
    """What goes wrong in a step is written down, and the account is made all the same."""
    try:
        action()
    except BREAKS as error:
        scene.demand(False, f"{type(error).__name__}: {error}")


def _settle(scene: Scene, within: float) -> None:
    """Returns when everything accepted is stored or dead and no message is left; or when no more can come."""
    quiet_since: list[float] = []

    def at_rest() -> bool:
        try:
            if not all(_has_no_messages(scene, side) for side in scene.sides):
                quiet_since.clear()
                return False
            quiet_since.append(time.monotonic())
            return quiet_since[-1] - quiet_since[0] > QUIET[scene.stage.way] or all(
                _is_complete(scene, side) for side in scene.sides
            )
        except NOT_THERE:
            return False

    try:
        wait_until(at_rest, within, "everything is at rest", poll=0.2)
    except TooLate:
        return  # The account says what is missing.


def _has_no_messages(scene: Scene, side: Side) -> bool:
    counts = scene.stage.broker.counts()
    found = [counts[name] for name in (*side.topology.works, *(queue.name for queue in side.topology.retries))]
    return not any(count.ready or count.unacknowledged for count in found)


def _is_complete(scene: Scene, side: Side) -> bool:
    """Everything accepted is stored or dead."""
    _collect_dead(scene, side)
    settled = {task.key for task in _stored(scene, side)} | {letter.key for letter in scene.dead[side.name]}
    return keys(scene.requests(side, Outcome.OK)) | scene.poison[side.name] <= settled


def _stored(scene: Scene, side: Side) -> list[Stored]:
    return scene.stage.database.stored_since(scene.started, [side.name])


def _collect_dead(scene: Scene, side: Side) -> None:
    scene.dead[side.name] += scene.stage.broker.take_dead(side.topology)


def _facts(scene: Scene, side: Side) -> Facts:
    _collect_dead(scene, side)
    held = scene.stage.broker.held(side.topology)
    stored, waiting = _stored(scene, side), scene.stage.broker.waiting(side.topology)
    return Facts(stored, scene.dead[side.name], waiting, held)


def _result(scene: Scene, drill: Drill, side: Side, ready: float) -> DrillResult:
    facts = _facts(scene, side)
    found = account(scene.history.of(side.name), facts, scene.poison[side.name])
    return _judged(scene, drill, side, found, _timeline(scene, side, facts.stored, ready))


def _judged(scene: Scene, drill: Drill, side: Side, found: Account, timeline: Timeline) -> DrillResult:
    """The result, with everything that does not hold in words."""
    slowest = scene.history.of(side.name).slowest
    problems = [*scene.problems[side.name], *(f"{one.kind}: {one.id} {one.known}" for one in found.wrong)]
    if not found.accepted:
        problems.append("no task was accepted: nothing is proven")
    if found.queued or found.unacknowledged:
        problems.append(f"not at rest: {found.queued} waiting, {found.unacknowledged} unacknowledged")
    if slowest > drill.prompt:
        problems.append(f"the slowest answer took {slowest:.1f} s, more than {drill.prompt:g} s")
    return DrillResult(
        drill.name,
        drill.title,
        drill.group,
        side.name,
        scene.stage.way,
        scene.seed,
        found,
        problems,
        scene.figures[side.name],
        slowest,
        timeline,
        drill.texts,
    )


def _timeline(scene: Scene, side: Side, stored: Sequence[Stored], ready: float) -> Timeline:
    ends = {outcome: [request.end for request in scene.requests(side, outcome)] for outcome in Outcome}
    healed = max((band.end for band in scene.bands), default=scene.started)
    served = [min((at for at in times if at > healed), default=ready) for times in (ends[Outcome.OK], _times(stored))]
    return Timeline(
        accepted=ends[Outcome.OK],
        refused=ends[Outcome.REFUSED],
        unknown=ends[Outcome.UNKNOWN],
        stored=_times(stored),
        bands=scene.bands,
        recovered=max(served),
        started=scene.started,
        ended=time.time(),
    )


def _times(stored: Sequence[Stored]) -> list[float]:
    return sorted(task.at for task in stored)
