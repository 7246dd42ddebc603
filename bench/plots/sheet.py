"""What a picture shows, before it is drawn: panels of rows of points. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from drills.report.digest import number


class Kind(StrEnum):
    """How a panel is drawn."""

    lines = "lines"
    """Over an axis of numbers."""
    bars = "bars"
    """One value a row."""
    ranges = "ranges"
    """Percentiles, from left to right."""


DECADES = {Kind.lines: 30, Kind.ranges: 30, Kind.bars: 100}
"""From this ratio of the largest to the smallest value on, an axis is logarithmic. Bars tell their value anyway."""


@dataclass(frozen=True)
class Point:
    """The rounds of one series: their middle, the lowest and the highest."""

    name: str
    """What is told of it: its place on the axis, or p95."""
    at: float
    middle: float
    low: float
    high: float


@dataclass(frozen=True)
class Row:
    """What belongs to one candidate: a line, a bar or a range."""

    label: str
    role: str
    """Its colour, by the name that the house's palette has for it."""
    points: tuple[Point, ...]
    group: str = ""
    """Rows of one group stand together, under its name."""


@dataclass(frozen=True)
class Panel:
    """One plot of a picture."""

    kind: Kind
    title: str
    unit: str
    rows: tuple[Row, ...]
    axis: str = ""
    """What is varied, where the panel has lines."""
    beside: tuple[Point, ...] = ()
    """What else must have room on its scale: panels that are compared have the same."""

    @property
    def points(self) -> list[Point]:
        """Of all its rows."""
        return [point for row in self.rows for point in row.points]

    @property
    def top(self) -> float:
        """The highest value."""
        return max(point.high for point in (*self.points, *self.beside)) or 1.0

    @property
    def bottom(self) -> float:
        """The lowest value."""
        return min(point.low for point in (*self.points, *self.beside))

    @property
    def spans_decades(self) -> bool:
        """Whether values differ so much that the smaller would vanish beside the larger."""
        return 0 < self.bottom * DECADES[self.kind] <= self.top


@dataclass(frozen=True)
class Sheet:
    """One picture: lines of panels under a title."""

    part: str
    title: str
    panels: tuple[tuple[Panel, ...], ...]
    foot: str


def told(sheet: Sheet) -> str:
    """The picture in words, for those who cannot see it."""
    panels = [f"{panel.title}, {panel.unit}: {_rows(panel)}." for line in sheet.panels for panel in line]
    return " ".join([f"{sheet.title}.", *panels])


def _rows(panel: Panel) -> str:
    return "; ".join(" ".join(filter(None, (row.group, row.label, _values(panel, row)))) for row in panel.rows)


def _values(panel: Panel, row: Row) -> str:
    """A bar's value; each percentile; of a line both ends."""
    if panel.kind is Kind.bars:
        return number(row.points[0].middle)
    if panel.kind is Kind.ranges:
        return ", ".join(f"{point.name} {number(point.middle)}" for point in row.points)
    ends = dict.fromkeys((row.points[0], row.points[-1]))
    return " to ".join(f"{number(point.middle)} at {number(point.at)}" for point in ends) + f" {panel.axis}".rstrip()


def compact(value: float) -> str:
    """A number as short as a tick needs it: 2.5k, 1M."""
    for size, sign in ((1_000_000, "M"), (1_000, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{sign}"
    return f"{value:g}"


def apart(places: Sequence[float], gap: float, top: float) -> list[float]:
    """The same places, in their order, moved so that no two are closer than ``gap`` and none is above ``top``."""
    moved = list(places)
    upward = sorted(range(len(moved)), key=lambda index: moved[index])
    for below, above in pairwise(upward):
        moved[above] = max(moved[above], moved[below] + gap)
    ceiling = top
    for index in reversed(upward):
        moved[index] = min(moved[index], ceiling)
        ceiling = moved[index] - gap
    return moved
