"""Panels of rows: bars with their values, and ranges of percentiles."""

from collections.abc import Iterator
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from bench.plots.ink import LETTER, LETTERS, Box, at, axes_in, dot, fitting, scale, stroke, whisker, words
from bench.plots.sheet import Panel, Row, apart
from drills.report import svg
from drills.report.digest import number

TALL, HEAD = 96, 0.7
"""A row is so high at most; the name of a group takes this share of a row."""
TICKS = 34
RADII = (10.0, 8.0, 6.0)
LARGE, WIDE = 26, 500
"""The size of a bar's words where a panel is as wide as that."""
UNDER, WHISKER = 15, 3.0
"""The thin lines of a range stand so far below its dots, which would hide them."""


def draw_bars(figure: Figure, panel: Panel, box: Box) -> None:
    """Each bar under its name and its value."""
    under = TICKS if panel.spans_decades else 0
    axes = _axes(figure, panel, Box(box.left, box.bottom + under, box.width, box.height - under))
    if not panel.spans_decades:
        axes.set_xticks([])
    usual = LARGE if box.width > WIDE else LETTERS
    longest = max((f"{row.label}  {number(row.points[0].middle)}" for row in panel.rows), key=len)
    for row, bottom, tall in _places(figure, panel, box._replace(bottom=box.bottom + under, height=box.height - under)):
        _bar(axes, row, bottom + tall * 0.26, tall * 0.28, panel)
        size, up = fitting(min(usual, tall * 0.42), longest, box.width), axes.bbox.y0 + bottom + tall * 0.52
        words(figure, (box.left, up), row.label, size=size)
        words(figure, (box.left + box.width, up), number(row.points[0].middle), size=size, weight="bold", ha="right")


def draw_ranges(figure: Figure, panel: Panel, box: Box) -> None:
    """Each row a line from its first percentile to its last, with a dot and a number for each."""
    names = max(len(row.label) for row in panel.rows) * LETTERS * LETTER + 16
    place = Box(box.left + names, box.bottom + TICKS, box.width - names - LETTERS, box.height - TICKS)
    axes = _axes(figure, panel, place)
    for row, bottom, tall in _places(figure, panel, place._replace(left=box.left)):
        up = bottom + tall * 0.34
        words(figure, (box.left, axes.bbox.y0 + up - LETTERS / 3), row.label, role=row.role, weight="bold")
        _range(figure, axes, row, up)


def _axes(figure: Figure, panel: Panel, box: Box) -> Axes:
    """Values across; up, the units of the picture."""
    axes = axes_in(figure, box)
    scale(axes, "x", panel.bottom, panel.top, panel.spans_decades)
    axes.set_ylim(0, box.height)
    axes.set_yticks([])
    return axes


def _places(figure: Figure, panel: Panel, box: Box) -> Iterator[tuple[Row, float, float]]:
    """Each row with its bottom and its height, from the top of the box down; writes the names of the groups."""
    named = len({row.group for row in panel.rows if row.group})
    tall = min(TALL, box.height / (len(panel.rows) + HEAD * named))
    top = box.height
    for group, rows in groupby(panel.rows, lambda row: row.group):
        if group:
            top -= tall * HEAD
            words(
                figure, (box.left, box.bottom + top + tall * 0.12), group, size=min(LETTERS, tall * 0.4), weight="bold"
            )
        for row in rows:
            top -= tall
            yield row, top, tall


def _bar(axes: Axes, row: Row, up: float, thick: float, panel: Panel) -> None:
    """From zero; a logarithmic axis has none, so a dot stands there on a thin line."""
    (point,) = row.points
    if panel.spans_decades:
        stroke(axes, axes.get_xlim(), [up] * 2, "grid", 2)
        stroke(axes, [point.low, point.high], [up] * 2, "ink", WHISKER)
        dot(axes, point.middle, up, row.role, thick / 2)
    else:
        colour = svg.LIGHT[row.role]
        axes.add_patch(Rectangle((0, up - thick / 2), point.middle, thick, color=colour, linewidth=0, clip_on=False))
        whisker(axes, (point.low, point.high), up)


def _range(figure: Figure, axes: Axes, row: Row, up: float) -> None:
    points = sorted(row.points, key=lambda point: point.middle)
    stroke(axes, [points[0].middle, points[-1].middle], [up] * 2, row.role, 4)
    for point, radius in zip(points, RADII, strict=False):
        dot(axes, point.middle, up, row.role, radius)
        stroke(axes, [point.low, point.high], [up - UNDER] * 2, "ink", WHISKER)
    across = [at(axes, point.middle, up)[0] for point in points]
    room = LETTERS * LETTER * (max(len(number(point.middle)) for point in points) + 1)
    for point, left in zip(points, apart(across, room, axes.bbox.x1), strict=True):
        base = axes.bbox.y0 + up + RADII[0] + 5
        words(figure, (left, base), number(point.middle), ha="center")
