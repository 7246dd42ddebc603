"""From a sheet to a file: the paper, its titles, and a place for each panel."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap

from matplotlib import rc_context
from matplotlib.figure import Figure

from bench.plots import curves, stripes
from bench.plots.ink import LETTER, LETTERS, SMALL, Box, fitting, words
from bench.plots.sheet import Kind, Panel, Sheet, told
from drills.plots import INCH, STYLE, svg_source
from drills.report import svg

# All sizes in units of the picture: the dots of a small projector.
WIDTH, HEIGHT = 1280, 720
SIDE, HEAD, FOOT, GAP = 40, 82, 58, 36
TITLE, HEADING, NARROW = 34, 24, 300
SHARP = 2
"""A PNG has so many dots a unit, across and up."""
DRAWN = {Kind.lines: curves.draw, Kind.bars: stripes.draw_bars, Kind.ranges: stripes.draw_ranges}


def write(sheet: Sheet, path: Path) -> Path:
    """The picture in the format of the path's suffix, svg or png; returns the path."""
    with rc_context(STYLE):  # type: ignore[arg-type]
        figure = _figure(sheet)
        if path.suffix == ".png":
            figure.savefig(path, dpi=SHARP * INCH, facecolor=svg.LIGHT["paper"])
        else:
            path.write_text(svg.standalone(svg_source(figure), told(sheet)), encoding="utf-8")
    return path


def _figure(sheet: Sheet) -> Figure:
    figure = Figure(figsize=(WIDTH / INCH, HEIGHT / INCH), dpi=INCH)
    size = fitting(TITLE, sheet.title, WIDTH - 2 * SIDE)
    words(figure, (SIDE, HEIGHT - 52), sheet.title, size=size, weight="bold")
    words(figure, (SIDE, 24), sheet.foot, size=SMALL, role="quiet")
    tall = (HEIGHT - HEAD - FOOT - GAP * (len(sheet.panels) - 1)) / len(sheet.panels)
    for number, line in enumerate(sheet.panels):
        _line(figure, line, FOOT + (len(sheet.panels) - 1 - number) * (tall + GAP), tall)
    return figure


def _line(figure: Figure, line: Sequence[Panel], bottom: float, tall: float) -> None:
    """Panels beside each other; all leave as much room for their heads as the longest needs."""
    wide = (WIDTH - 2 * SIDE - GAP * (len(line) - 1)) / len(line)
    size = HEADING if wide > NARROW else LETTERS
    heads = [wrap(panel.title, max(1, int(wide / size / LETTER))) for panel in line]
    head = size * max(map(len, heads)) + LETTERS * 1.7
    for place, panel in enumerate(line):
        left = SIDE + place * (wide + GAP)
        for row, text in enumerate(heads[place]):
            words(figure, (left, bottom + tall - size * (row + 0.85)), text, size=size, weight="bold")
        unit = f"{panel.unit}, log scale" if panel.spans_decades else panel.unit
        words(figure, (left, bottom + tall - size * len(heads[place]) - LETTERS), unit, role="quiet")
        DRAWN[panel.kind](figure, panel, Box(left, bottom, wide, tall - head))
