"""What a run of drills has found, as data: what the report draws and what ``--json`` writes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from drills.entries import Account


@dataclass(frozen=True)
class Band:
    """When a fault lasted. Times are seconds since 1970."""

    label: str
    start: float
    end: float


@dataclass(frozen=True)
class Figure:
    """One measured value and what it should be."""

    name: str
    value: float
    goal: str
    ok: bool


@dataclass(frozen=True)
class Timeline:
    """What happened when. Times are seconds since 1970, one for each task."""

    accepted: Sequence[float] = ()
    refused: Sequence[float] = ()
    unknown: Sequence[float] = ()
    stored: Sequence[float] = ()
    bands: Sequence[Band] = ()
    recovered: float | None = None
    """When everything was ready again after the fault, and a task was accepted and stored."""
    started: float = 0.0
    ended: float = 0.0


@dataclass(frozen=True)
class DrillResult:
    """What one drill has found on one twin."""

    name: str
    title: str
    group: str
    twin: str
    way: str
    seed: int
    account: Account
    problems: Sequence[str] = ()
    """Everything that does not hold, in words; empty where the drill passed."""
    figures: Sequence[Figure] = ()
    slowest: float = 0.0
    """Seconds until the slowest answer."""
    timeline: Timeline = field(default_factory=Timeline)
    texts: Mapping[str, str] = field(default_factory=dict)
    """What the drill says of itself: teaches, sees, holds, injected."""

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return not self.problems


@dataclass(frozen=True)
class MutantResult:
    """Whether a planted defect was caught by the drill that must catch it."""

    name: str
    title: str
    drill: str
    twin: str
    caught: bool
    how: str
    """What the ledger said, or that it said nothing."""


@dataclass(frozen=True)
class Results:
    """A whole run."""

    drills: Sequence[DrillResult] = ()
    mutants: Sequence[MutantResult] = ()
    figures: Sequence[Figure] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)
    """Drills that could not run here, with the reason."""
    machine: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether every drill passed, every mutant was caught and every figure reached."""
        return (
            all(drill.ok for drill in self.drills)
            and all(mutant.caught for mutant in self.mutants)
            and all(figure.ok for figure in self.figures)
        )


def as_json(results: Results) -> dict[str, Any]:
    """The machine-readable result: ``drills``, ``mutants`` and ``figures``, without the single times of each task."""
    return {
        "drills": [_drill(one) for one in results.drills],
        "mutants": [asdict(one) for one in results.mutants],
        "figures": [asdict(one) for one in results.figures],
        "skipped": dict(results.skipped),
        "machine": dict(results.machine),
        "seconds": round(results.seconds, 1),
        "ok": results.ok,
    }


def _drill(one: DrillResult) -> dict[str, Any]:
    return {
        "name": one.name,
        "group": one.group,
        "twin": one.twin,
        "way": one.way,
        "seed": one.seed,
        "ok": one.ok,
        **one.account.columns(),
        "reasons": dict(one.account.reasons),
        "wrong": [asdict(wrong) for wrong in one.account.wrong[:50]],
        "problems": list(one.problems),
        "slowest_s": round(one.slowest, 3),
        "seconds": round(one.timeline.ended - one.timeline.started, 1),
        "figures": [asdict(figure) for figure in one.figures],
    }
