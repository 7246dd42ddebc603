"""Timelines as SVG: accepted and stored tasks per second, the fault, the recovery, what was refused or unknown."""

import warnings
from collections.abc import Iterable, Sequence
from io import StringIO
from itertools import chain
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from drills.report import svg
from drills.report.digest import told
from drills.report.scales import WIDTH, Flag, Frame, flags, frame, marks, rates, relative
from drills.result import DrillResult, Timeline

# All sizes in units of the picture, which a page may scale.
HEIGHT = 118.0
LANE = 14.0
LANES = ("refused", "unknown")
ROW = 18.0
LEFT, RIGHT, BOTTOM, TOP, GAP = 66.0, 18.0, 21.0, 4.0, 5.0
PANEL = LEFT + WIDTH + RIGHT
HEAD, FOOT = 30.0, 30.0
INCH = 72
LETTERS = 13
STYLE = {"svg.fonttype": "none", "svg.hashsalt": "drills", "path.simplify": False, "text.parse_math": False}
KEY = (("accepted", "accepted"), ("stored", "stored"), ("fault", "fault"), ("ready", "ready again"))


def timelines(runs: Sequence[DrillResult]) -> list[str]:
    """One SVG for each run of one drill, all with the same scales, to stand inside a page."""
    with rc_context(STYLE):  # type: ignore[arg-type]
        moments = [relative(run.timeline) for run in runs]
        fitted = frame(moments)
        return [
            svg.inline(svg_source(_single(moment, fitted)), told(run))
            for run, moment in zip(runs, moments, strict=True)
        ]


def picture(runs: Sequence[DrillResult], path: Path) -> Path:
    """The timelines of one drill, twin beside twin, as one SVG file that stands anywhere; returns ``path``."""
    with rc_context(STYLE):  # type: ignore[arg-type]
        moments = [relative(run.timeline) for run in runs]
        fitted = frame(moments)
        figure = _canvas(PANEL * len(runs), HEAD + _height(fitted) + FOOT)
        for number, (run, moment) in enumerate(zip(runs, moments, strict=True)):
            _panel(figure, moment, fitted, (number * PANEL, FOOT))
            _write(figure, number * PANEL + LEFT, figure.bbox.height - 21, f"{run.title}: {run.twin}", weight="bold")
        _key(figure)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(svg.standalone(svg_source(figure), " ".join(told(run) for run in runs)), encoding="utf-8")
    return path


def _single(moment: Timeline, fitted: Frame) -> Figure:
    figure = _canvas(PANEL, _height(fitted))
    _panel(figure, moment, fitted, (0, 0))
    return figure


def _canvas(width: float, height: float) -> Figure:
    return Figure(figsize=(width / INCH, height / INCH), dpi=INCH)


def _height(fitted: Frame) -> float:
    return BOTTOM + LANE * len(LANES) + GAP + HEIGHT + ROW * fitted.rows + TOP


def svg_source(figure: Figure) -> str:
    """The figure as matplotlib writes it, with its text kept as text."""
    buffer = StringIO()
    with warnings.catch_warnings():
        # The text stays text, so the reader's own fonts draw it; matplotlib's need not have its letters.
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return buffer.getvalue()


def _panel(figure: Figure, moment: Timeline, fitted: Frame, corner: tuple[float, float]) -> None:
    """One timeline, its lower left corner at ``corner``."""
    left, bottom = corner[0] + LEFT, corner[1] + BOTTOM
    lanes = _axes(figure, (left, bottom, WIDTH, LANE * len(LANES)), fitted, (0, len(LANES)))
    plot = _axes(figure, (left, bottom + LANE * len(LANES) + GAP, WIDTH, HEIGHT), fitted, (0, fitted.top * 1.06))
    _grid(plot, lanes, fitted)
    _bands(plot, moment)
    _lines(plot, moment, fitted)
    _lanes(lanes, moment, fitted)
    for flag in flags(moment, fitted):
        _flag(plot, flag)


def _axes(figure: Figure, box: tuple[float, ...], fitted: Frame, heights: tuple[float, float]) -> Axes:
    """Axes at this place (left, bottom, width, height), without a frame of their own."""
    width, height = figure.bbox.width, figure.bbox.height
    axes = figure.add_axes((box[0] / width, box[1] / height, box[2] / width, box[3] / height))
    axes.set_xlim(0, fitted.seconds)
    axes.set_ylim(*heights)
    axes.set_frame_on(False)
    axes.tick_params(length=0, labelsize=LETTERS, labelcolor=svg.LIGHT["quiet"])
    return axes


def _grid(plot: Axes, lanes: Axes, fitted: Frame) -> None:
    plot.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    plot.yaxis.set_major_formatter(lambda value, _: f"{value:g}/s" if value else "0")
    plot.set_axisbelow(True)
    plot.grid(axis="y", color=svg.LIGHT["grid"], linewidth=1)
    plot.set_xticks([])
    lanes.xaxis.set_major_locator(MaxNLocator(6))
    lanes.xaxis.set_major_formatter(lambda value, _: f"{value:g} s")
    lanes.set_yticks([len(LANES) - number - 0.5 for number in range(len(LANES))], LANES)
    for number in range(len(LANES) + 1):
        lanes.plot([0, fitted.seconds], [number] * 2, color=svg.LIGHT["grid"], linewidth=0.7, clip_on=False)


def _bands(plot: Axes, moment: Timeline) -> None:
    """Shaded, with edges: a fault of one instant has no breadth."""
    for band in moment.bands:
        plot.axvspan(band.start, band.end, color=svg.LIGHT["fault"], alpha=0.28, linewidth=0)
        for edge in {band.start, band.end}:
            plot.axvline(edge, color=svg.LIGHT["fault"], linewidth=1.2)


def _lines(plot: Axes, moment: Timeline, fitted: Frame) -> None:
    """Accepted as a line over a surface, stored as a bare line: they differ without their colours too."""
    accepted, stored = rates(moment.accepted, fitted), rates(moment.stored, fitted)
    edges = [number * fitted.step for number in range(len(accepted) + 1)]
    plot.stairs(accepted, edges, fill=True, color=svg.LIGHT["accepted"], alpha=0.16, linewidth=0)
    plot.stairs(accepted, edges, color=svg.LIGHT["accepted"], linewidth=2.2)
    plot.stairs(stored, edges, color=svg.LIGHT["stored"], linewidth=1.8)


def _lanes(lanes: Axes, moment: Timeline, fitted: Frame) -> None:
    for number, (name, times) in enumerate(zip(LANES, (moment.refused, moment.unknown), strict=True)):
        _rug(lanes, marks(times, fitted), len(LANES) - number - 1, name)


def _rug(lanes: Axes, places: Iterable[float], floor: float, name: str) -> None:
    """Thin marks as one line with gaps: hundreds of lines would be hundreds of elements."""
    gap = float("nan")
    points = [((place, floor + 0.15), (place, floor + 0.85), (gap, gap)) for place in places]
    if points:
        across, up = zip(*chain.from_iterable(points), strict=True)
        lanes.plot(across, up, color=svg.LIGHT[name], linewidth=1.3, solid_capstyle="butt", clip_on=False)


def _flag(plot: Axes, flag: Flag) -> None:
    """A pole through the plot up to its label."""
    tip = 1 + (flag.row + 0.95) * ROW / HEIGHT
    whole = plot.get_xaxis_transform()
    colour = svg.LIGHT[flag.role]
    plot.plot([flag.at] * 2, [0, tip], color=colour, linewidth=2, transform=whole, clip_on=False)
    plot.annotate(
        svg.drawable(flag.text),
        (flag.at, 1 + (flag.row + 0.3) * ROW / HEIGHT),
        xycoords=whole,
        xytext=(-4 if flag.leftward else 4, 0),
        textcoords="offset points",
        ha="right" if flag.leftward else "left",
        size=LETTERS,
        color=svg.LIGHT["ink"],
        annotation_clip=False,
    )


def _write(figure: Figure, left: float, bottom: float, text: str, weight: str = "normal") -> None:
    place = (left / figure.bbox.width, bottom / figure.bbox.height)
    figure.text(*place, svg.drawable(text), size=LETTERS, weight=weight, color=svg.LIGHT["ink"])


def _key(figure: Figure) -> None:
    """What the colours mean, in one line at the foot."""
    for number, (role, text) in enumerate(KEY):
        left = LEFT + number * 105
        across = [(left + end) / figure.bbox.width for end in (0, 18)]
        line = Line2D(
            across, [15 / figure.bbox.height] * 2, color=svg.LIGHT[role], linewidth=8 if role == "fault" else 3
        )
        figure.add_artist(line)
        _write(figure, left + 24, 11, text)
