"""Runs of drills as they might have been, for tests of what is said about them."""

from random import Random

from drills.entries import Account, Wrong
from drills.result import Band, DrillResult, Figure, MutantResult, Results, Timeline

NOON = 1_795_262_400.0
"""2026-11-21, 12:00 UTC, in seconds since 1970."""
TWINS = ("flask", "async")
TEXTS = {
    "teaches": "A confirm is the only proof that a broker has a message.",
    "sees": "503 within five seconds, and never a 202 for a task that is not safe.",
    "holds": "Every accepted task is stored once.",
    "injected": "kill -9 of the broker under load; it is started again eight seconds later.",
}


def a_timeline(seed: int = 1, start: float = NOON, fault: str = "broker killed") -> Timeline:
    """Forty seconds of load; between 12 and 20 nothing is accepted, and after it the backlog is stored."""
    random = Random(seed)
    offered = sorted(start + random.uniform(0.5, 38) for _ in range(2000))
    accepted = [time for time in offered if not 12 <= time - start <= 21.5]
    down = [time for time in offered if 12 <= time - start <= 21.5]
    stored = [time + random.uniform(0.02, 0.4) for time in accepted if not 11.8 < time - start < 12]
    late = [start + random.uniform(22, 24) for time in accepted if 11.8 < time - start < 12]
    return Timeline(
        accepted=accepted,
        refused=down[10::4],
        unknown=down[:10],
        stored=[*stored, *late],
        bands=[Band(fault, start + 12, start + 20)],
        recovered=start + 21.7,
        started=start,
        ended=start + 40,
    )


def a_drill(name: str = "broker-kill", twin: str = "flask", **changes: object) -> DrillResult:
    """One that passed; ``changes`` are fields with other values."""
    line = a_timeline(len(name) + len(twin))
    count = len(line.accepted)
    given: dict[str, object] = {
        "title": "The broker is killed",
        "group": "broker",
        "account": Account(offered=count + 130, accepted=count, refused=120, unknown=10, stored=count + 4, recovered=4),
        "figures": [Figure("ready again after", 1.7, "at most 5 s", True)],
        "slowest": 3.214,
        "timeline": line,
        "texts": TEXTS,
    }
    return DrillResult(name=name, twin=twin, way="native", seed=7, **{**given, **changes})  # type: ignore[arg-type]


def a_failed_drill(twin: str = "flask", lost: int = 3) -> DrillResult:
    """One that lost tasks."""
    wrong = [
        Wrong("lost", f"01890a5d-ac96-774b-bcce-b3020{number:07}", f"'drill {number}' to {twin}: ok 202 after 0.012 s")
        for number in range(lost)
    ]
    return a_drill(
        "database-kill",
        twin,
        title="The database is killed",
        group="database",
        account=Account(offered=2000, accepted=1990, refused=6, unknown=4, stored=1990 - lost, lost=lost, wrong=wrong),
        problems=[f"{lost} accepted tasks are nowhere", "not ready again within 30 s"],
    )


def a_mutant(caught: bool = True) -> MutantResult:
    """A defect planted on purpose."""
    return MutantResult(
        name="early-ack",
        title="The worker acknowledges before it stores",
        drill="broker-kill",
        twin="flask",
        caught=caught,
        how="lost: 14" if caught else "the ledger said nothing",
    )


def a_run(*more: DrillResult, **changes: object) -> Results:
    """A run in which everything held, with ``more`` drills."""
    given: dict[str, object] = {
        "drills": [*(a_drill(twin=twin) for twin in TWINS), *more],
        "mutants": [a_mutant()],
        "figures": [Figure("tasks lost", 0, "0", True), Figure("longest recovery, in seconds", 1.734, "≤ 5", True)],
        "skipped": {"disk-full": "needs a file system of its own, which only root can mount"},
        "machine": {"system": "Linux 6.1", "processors": "2"},
        "seconds": 93.4,
    }
    return Results(**{**given, **changes})  # type: ignore[arg-type]
