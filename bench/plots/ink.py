"""What every panel is drawn with: words, dots, strokes, and axes without a frame.

Only paths and level words: matplotlib's markers, clips and turned words do not outlive ``drills.report.svg``.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator
from matplotlib.transforms import ScaledTranslation

from bench.plots.sheet import compact
from drills.plots import INCH
from drills.report import svg

LETTERS, SMALL = 21, 19
LETTER = 0.6
"""About the width of a letter, as a share of its size."""
ROOM = 1.3
"""A logarithmic axis goes on beyond its values by this factor."""
FEW = 20
"""An axis that spans less than this factor has lines between its decades, too."""


class Box(NamedTuple):
    """A place in the picture, in its units, from its lower left corner."""

    left: float
    bottom: float
    width: float
    height: float


def words(figure: Figure, at: tuple[float, float], text: str, role: str = "ink", **style: Any) -> None:
    """A text that begins at this place; with ``ha="right"`` one that ends there."""
    across, up = at[0] / figure.bbox.width, at[1] / figure.bbox.height
    given: dict[str, Any] = {"size": LETTERS, "color": svg.LIGHT[role], "va": "baseline", **style}
    figure.text(across, up, svg.drawable(text), **given)


def fitting(size: float, text: str, room: float) -> float:
    """The size, or the smaller one with which the text has room."""
    return min(size, room / LETTER / max(1, len(text)))


def axes_in(figure: Figure, box: Box) -> Axes:
    """Axes at this place, with small quiet numbers and nothing else."""
    width, height = figure.bbox.width, figure.bbox.height
    made = figure.add_axes((box.left / width, box.bottom / height, box.width / width, box.height / height))
    made.set_frame_on(False)
    made.set_axisbelow(True)
    made.tick_params(length=0, which="both", labelsize=SMALL, labelcolor=svg.LIGHT["quiet"], pad=10)
    return made


def scale(axes: Axes, axis: str, low: float, high: float, decades: bool) -> None:
    """A grid over ``axis``, x or y: from zero to the highest value, or logarithmic around all of them."""
    one = axes.xaxis if axis == "x" else axes.yaxis
    if decades:
        (axes.set_xscale if axis == "x" else axes.set_yscale)("log")
        one.set_major_locator(LogLocator(10, (1.0,) if high > low * FEW else (1.0, 2.0, 5.0)))
    else:
        one.set_major_locator(MaxNLocator(4 if axis == "x" else 3))
    one.set_minor_locator(NullLocator())
    one.set_major_formatter(lambda value, _: compact(value))
    (axes.set_xlim if axis == "x" else axes.set_ylim)(low / ROOM if decades else 0, high * (ROOM if decades else 1.04))
    axes.grid(axis="x" if axis == "x" else "y", color=svg.LIGHT["grid"], linewidth=1.2)


def at(axes: Axes, across: float, up: float) -> tuple[float, float]:
    """Where these values stand in the picture."""
    left, bottom = axes.transData.transform((across, up))
    return float(left), float(bottom)


def stroke(axes: Axes, across: Sequence[float], up: Sequence[float], role: str, width: float, **style: Any) -> None:
    """A line through these values."""
    axes.plot(across, up, color=svg.LIGHT[role], linewidth=width, clip_on=False, solid_capstyle="butt", **style)


def whisker(axes: Axes, across: tuple[float, float], up: float) -> None:
    """From the lowest round to the highest, with an edge: it lies upon colours that are light or dark."""
    for role, width in (("paper", 5.0), ("ink", 2.4)):
        stroke(axes, across, [up] * 2, role, width, zorder=4)


def dot(axes: Axes, across: float, up: float, role: str, radius: float) -> None:
    """A round dot at these values, whatever the scales are."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    # Its types ask for an affine one; a logarithmic scale is none, and is what must be followed.
    moved = figure.dpi_scale_trans + ScaledTranslation(across, up, axes.transData)  # type: ignore[arg-type]
    made = Circle((0, 0), radius / INCH, transform=moved, color=svg.LIGHT[role], linewidth=0, clip_on=False, zorder=3)
    axes.add_artist(made)
