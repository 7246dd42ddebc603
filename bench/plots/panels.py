"""From measured series to the panels of a picture. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bench.measure import Series, find
from bench.plots.sheet import Kind, Panel, Point, Row
from drills.report.digest import number

# The house's blue and orange. Everyone else stands back, so that the twins are found at a glance.
TWINS = {"flask": "accepted", "async": "stored"}
PEER, VARIANT = "refused", "ready"
EMPTY = "-empty"
PERCENTILE = re.compile(r"(?:(?P<what>.+) )?(?P<name>p\d+)")


def lines(series: Sequence[Series], title: str) -> Panel:
    """A line for each candidate over the axis."""
    rows = [
        _row(candidate, sorted(find(series, candidate=candidate), key=lambda one: one.at))
        for candidate in dict.fromkeys(one.candidate for one in series)
    ]
    return Panel(Kind.lines, title, _unit(series), tuple(rows), series[0].axis if series else "")


def bars(series: Sequence[Series], title: str, unit: str = "") -> Panel:
    """A bar for each series; in groups where there are several cases or places on the axis."""
    named = _named(series)
    rows = [_row(one.candidate, [one], named[one]) for one in sorted(series, key=lambda one: one.at)]
    return Panel(Kind.bars, title, unit or _unit(series), _together(rows))


def ranges(series: Sequence[Series], usual: str) -> list[Panel]:
    """A panel for each thing that has percentiles, all of one scale; ``usual`` is the title where it has no name."""
    found: dict[str, list[Series]] = {}
    for one in series:
        if match := PERCENTILE.fullmatch(one.measure):
            found.setdefault(match["what"] or usual, []).append(one)
    made = [_range(them, what) for what, them in sorted(found.items())]
    every = tuple(point for panel in made for point in panel.points)
    return [replace(panel, beside=every) for panel in made]


def _range(series: Sequence[Series], title: str) -> Panel:
    """A row of percentiles for each candidate, case and place on the axis."""
    named = _named(series)
    found: dict[tuple[str, str], list[Series]] = {}
    for one in sorted(series, key=lambda one: one.at):
        found.setdefault((named[one], one.candidate), []).append(one)
    rows = [_row(candidate, them, group) for (group, candidate), them in found.items()]
    names = sorted({point.name for row in rows for point in row.points})
    unit = f"{', '.join(names)} from left to right, {series[0].unit}"
    return Panel(Kind.ranges, title, unit, _together(rows))


def cases(series: Iterable[Series]) -> list[str]:
    """What was asked for, in the order in which it was measured."""
    return list(dict.fromkeys(one.case for one in series))


def measured(measure: str, unit: str) -> str:
    """A measure with its unit, and nothing said twice: ``requests/s``, ``p95, ms``."""
    return measure if unit in ("", "1/s") else f"{measure}, {unit}"


def place(one: Series) -> str:
    """Where a series stands on its axis, in words: ``workers: 2``."""
    return f"{one.axis}: {number(one.at)}" if one.axis else ""


def _named(series: Iterable[Series]) -> dict[Series, str]:
    """What tells a series from those of other cases and places, where there are others."""
    given = list(series)
    several = len({one.at for one in given}) > 1
    others = len(cases(given)) > 1
    parts = {one: (one.case if others else "", place(one) if several else "") for one in given}
    return {one: ", ".join(filter(None, names)) for one, names in parts.items()}


def _together(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows of one group stand beside each other, the groups in the order of their first row."""
    groups = list(dict.fromkeys(row.group for row in rows))
    return tuple(sorted(rows, key=lambda row: groups.index(row.group)))


def _row(candidate: str, series: Iterable[Series], group: str = "") -> Row:
    found = list(series)
    return Row(candidate, _role(candidate, found[0].part), tuple(map(_point, found)), group)


def _role(candidate: str, part: str) -> str:
    """A candidate's colour is the same in every picture."""
    return TWINS.get(candidate.removesuffix(EMPTY), VARIANT if part == "choices" else PEER)


def _point(one: Series) -> Point:
    match = PERCENTILE.fullmatch(one.measure)
    name = match["name"] if match else one.measure
    return Point(name, one.at, one.median, min(one.values), max(one.values))


def _unit(series: Sequence[Series]) -> str:
    return measured(series[0].measure, series[0].unit) if series else ""
