"""What is measured: series of values, one value a round; and how they are found, summed up and written down."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from drills.result import Figure


@dataclass(frozen=True)
class Series:
    """One measure of one candidate at one point, in every round."""

    part: str
    """Of the bench: http, drain, end-to-end, growth, classroom, work, peers, choices, tracing, watch, scale,
    board."""
    case: str
    """What was asked for, such as ``POST /tasks``."""
    candidate: str
    """Who was asked: flask, async, or the name of a peer or variant."""
    at: float
    """The point on the axis."""
    axis: str
    """What is varied: connections, requests/s, documents, messages waiting."""
    measure: str
    """What was measured: requests/s, p95, CPU of flask."""
    unit: str
    """1/s, ms, MB."""
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle of all rounds."""
        return median(self.values)

    @property
    def spread(self) -> float:
        """How far the rounds lie apart, as a share of their median."""
        return (max(self.values) - min(self.values)) / self.median if self.median else 0.0


@dataclass(frozen=True)
class Results:
    """A whole run."""

    series: Sequence[Series]
    figures: Sequence[Figure]
    machine: Mapping[str, str]
    seconds: float
    """How long the run took."""
    notes: Sequence[str] = field(default_factory=tuple)
    """What a reader must know: a part left out, a peer that could not be installed."""
    broken: Sequence[str] = field(default_factory=tuple)
    """Parts that were not measured to the end."""

    @property
    def ok(self) -> bool:
        """Whether every part was measured to the end, and every figure reaches its goal."""
        return not self.broken and all(figure.ok for figure in self.figures)


def as_json(results: Results) -> dict[str, Any]:
    """Everything, for ``--json``."""
    return {"ok": results.ok, **asdict(results)}


def from_json(document: Mapping[str, Any]) -> Results:
    """What ``as_json`` wrote."""
    series = [Series(**{**one, "values": tuple(one["values"])}) for one in document["series"]]
    figures = [Figure(**one) for one in document["figures"]]
    return Results(series, figures, document["machine"], document["seconds"], document["notes"], document["broken"])


def onto(earlier: Results, now: Results) -> Results:
    """A run of some parts on top of an earlier one, whose other parts stay; the figures are still to be made.

    Ratios are within a part, so they hold; absolute values of different parts were never to be compared.
    """
    anew = {one.part for one in now.series} | set(now.broken)
    kept = [one for one in earlier.series if one.part not in anew]
    broken = [*(part for part in earlier.broken if part not in anew), *now.broken]
    notes = list(dict.fromkeys([*earlier.notes, *now.notes]))
    return Results([*kept, *now.series], [], now.machine, earlier.seconds + now.seconds, notes, broken)


def find(series: Iterable[Series], **wanted: object) -> list[Series]:
    """The series whose fields have these values."""
    return [one for one in series if all(getattr(one, name) == value for name, value in wanted.items())]
