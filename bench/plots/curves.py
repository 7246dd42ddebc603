"""A panel of lines, each named at its end."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from bench.plots.ink import LETTER, LETTERS, SMALL, Box, at, axes_in, dot, scale, stroke, words
from bench.plots.sheet import Panel, Row, apart, compact

LEFT, MARGIN = 58, 16
TICKS, NAME = 34, 22
LINE, WHISKER, RADIUS = 4.5, 2.5, 6.5
EVEN = 8
"""Places on an axis that differ by less than this factor stand on an even scale."""


def draw(figure: Figure, panel: Panel, box: Box) -> None:
    """The panel, in this place of the picture."""
    ends = max(len(row.label) for row in panel.rows) * LETTERS * LETTER + MARGIN
    below = TICKS + NAME
    axes = axes_in(figure, Box(box.left + LEFT, box.bottom + below, box.width - LEFT - ends, box.height - below))
    scale(axes, "y", panel.bottom, panel.top, panel.spans_decades)
    _across(axes, sorted({point.at for point in panel.points}))
    for row in panel.rows:
        _row(axes, row)
    _names(figure, axes, panel)
    middle = box.left + LEFT + (box.width - LEFT - ends) / 2
    words(figure, (middle, box.bottom), panel.axis, role="quiet", size=SMALL, ha="center")


def _across(axes: Axes, places: list[float]) -> None:
    """The scale of the axis that was varied, with a number at each place that has room for it."""
    above = [place for place in places if place > 0] or [1.0]
    if above[-1] >= EVEN * above[0]:
        # With a zero among the places: even up to the first of the others, and logarithmic from there.
        given = {"linthresh": above[0], "linscale": 0.4} if places[0] <= 0 else {}
        axes.set_xscale("symlog" if given else "log", **given)
    axes.set_xlim(places[0], places[-1] if places[-1] > places[0] else places[0] + 1)
    shown: list[float] = []
    for place in reversed(places):
        room = SMALL * LETTER * (len(compact(place)) + 1)
        if not shown or at(axes, shown[-1], 0)[0] - at(axes, place, 0)[0] > room:
            shown.append(place)
    axes.xaxis.set_major_locator(FixedLocator(shown))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(lambda value, _: compact(value))


def _row(axes: Axes, row: Row) -> None:
    stroke(axes, [point.at for point in row.points], [point.middle for point in row.points], row.role, LINE)
    for point in row.points:
        stroke(axes, [point.at] * 2, [point.low, point.high], row.role, WHISKER)
        dot(axes, point.at, point.middle, row.role, RADIUS)


def _names(figure: Figure, axes: Axes, panel: Panel) -> None:
    """Beside the last dot of each line, moved where they would cover each other."""
    last = [at(axes, row.points[-1].at, row.points[-1].middle) for row in panel.rows]
    right, top = axes.bbox.x1 + MARGIN, axes.bbox.y1
    for row, up in zip(panel.rows, apart([up for _, up in last], LETTERS + 3, top), strict=True):
        words(figure, (right, up - LETTERS / 3), row.label, role=row.role, weight="bold")
