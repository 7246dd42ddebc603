"""Many drills in a row: their order, what cannot run here, and the figures of all of them together."""

import os
import platform
import subprocess
from collections.abc import Callable, Sequence

import pika
import pymongo

from cli.language import later
from drills.drill import Drill
from drills.result import DrillResult, Figure, MutantResult
from drills.stage import Stage

KINDS = 40
ACCEPTED = 20_000
Counted = Callable[[DrillResult], int]


def in_order(drills: Sequence[Drill]) -> list[Drill]:
    """Those one after the other that need the same preparation, because each change starts programs anew."""
    plans = list(dict.fromkeys(one.plan for one in drills))
    return sorted(dict.fromkeys(drills), key=lambda one: plans.index(one.plan))


def impossible(ready: Stage, one: Drill) -> str:
    """Why a drill cannot run here; empty where it can."""
    if ready.way not in one.ways:
        return f"only with {' or '.join(one.ways)} services"
    return one.possible()


def figures(drills: Sequence[DrillResult], mutants: Sequence[MutantResult]) -> list[Figure]:
    """What the whole run has shown, each with its goal. Goals of number are those of a run of all."""
    found = [
        *(_zero(name, drills, name) for name in ("lost", "duplicated", "phantom", "refused_but_stored", "changed")),
        _zero(later("dead letters unaccounted for"), drills, "unaccounted_dead"),
        *_extremes(drills),
    ]
    kinds = {result.name for result in drills}
    if len(kinds) > KINDS / 2:
        both = [name for name in kinds if {r.twin for r in drills if r.name == name} == {"flask", "async"}]
        accepted = sum(result.account.accepted for result in drills)
        found = [
            Figure(later("kinds of fault, on both twins"), len(both), f"≥ {KINDS}", len(both) >= KINDS),
            Figure(later("accepted tasks checked under fault"), accepted, f"≥ {ACCEPTED}", accepted >= ACCEPTED),
            *found,
        ]
    if mutants:
        caught, all_of_them = sum(mutant.caught for mutant in mutants), len(mutants)
        name = later("planted defects caught, each on each twin")
        found.append(Figure(name, caught, f"{all_of_them}", caught == all_of_them))
    return found


def _zero(name: str, drills: Sequence[DrillResult], column: str) -> Figure:
    value = sum(getattr(result.account, column) for result in drills)
    return Figure(name.replace("_", " "), value, "0", value == 0)


def _extremes(drills: Sequence[DrillResult]) -> list[Figure]:
    """The worst value of every figure that drills have measured."""
    worst: dict[str, Figure] = {}
    for figure in (figure for result in drills for figure in result.figures):
        if figure.name not in worst or _is_worse(figure, worst[figure.name]):
            worst[figure.name] = figure
    return list(worst.values())


def _is_worse(one: Figure, other: Figure) -> bool:
    """More, but less where a value has to be reached."""
    return one.value < other.value if one.goal.startswith("≥") else one.value > other.value


def machine(ready: Stage) -> dict[str, str]:
    """What the figures come from."""
    overview = ready.broker.api("GET", "/overview").json()
    with ready.database.client() as client:
        mongod = str(client.server_info()["version"])
    return {
        "processors": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "RabbitMQ": overview["rabbitmq_version"],
        "MongoDB": mongod,
        "pika": pika.__version__,
        "pymongo": pymongo.version,
        "way": ready.way,
        "commit": _commit(ready),
    }


def _commit(ready: Stage) -> str:
    try:
        words = ["git", "describe", "--always", "--dirty"]
        return subprocess.run(words, cwd=ready.lab.root, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "not known"
