"""Where everything stands in a timeline before it is drawn: seconds, rates, labels. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import ceil

from drills.result import Band, Timeline

WIDTH = 352.0
"""Of the plot, in units of the picture."""
LETTER = 7.0
"""About the width of a letter of a label, in the same units."""
STEPS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
BINS = 60


@dataclass(frozen=True)
class Flag:
    """A label above the plot; its pole stands at the moment it speaks of. Seconds since the drill's start."""

    text: str
    at: float
    role: str
    leftward: bool = False
    row: int = 0


@dataclass(frozen=True)
class Frame:
    """What the timelines of one drill share, so that the twins can be compared at a glance."""

    seconds: float
    step: float
    """Seconds that are counted together."""
    top: float
    """The highest rate, in tasks per second."""
    rows: int
    """Rows of labels above the plot."""


def relative(timeline: Timeline) -> Timeline:
    """The same in seconds since its start. What has a time before that has none: it is left out."""
    events = (*timeline.accepted, *timeline.refused, *timeline.unknown, *(band.start for band in timeline.bands))
    begin = timeline.started or min(events, default=0.0)

    def since(times: Iterable[float]) -> list[float]:
        return sorted(time - begin for time in times if time >= begin)

    bands = [Band(band.label, band.start - begin, max(band.start, band.end) - begin) for band in timeline.bands]
    return Timeline(
        accepted=since(timeline.accepted),
        refused=since(timeline.refused),
        unknown=since(timeline.unknown),
        stored=since(timeline.stored),
        bands=sorted(bands, key=lambda band: band.start),
        recovered=None if timeline.recovered is None else timeline.recovered - begin,
        ended=max(timeline.ended - begin, 0.0),
    )


def frame(timelines: Sequence[Timeline]) -> Frame:
    """The frame that all of these fit into."""
    longest = max((_last(timeline) for timeline in timelines), default=0.0) or 1.0
    step = next((step for step in STEPS if longest / step <= BINS), longest / BINS)
    seconds = ceil(longest / step) * step
    bare = Frame(seconds, step, 1.0, 0)
    drawn = [times for timeline in timelines for times in (timeline.accepted, timeline.stored)]
    top = max((max(rates(times, bare)) for times in drawn), default=1.0) or 1.0
    rows = max((flag.row + 1 for timeline in timelines for flag in flags(timeline, bare)), default=0)
    return Frame(seconds, step, top, rows)


def rates(times: Iterable[float], fitted: Frame) -> list[float]:
    """Tasks per second in each step of the frame."""
    counts = [0] * max(1, round(fitted.seconds / fitted.step))
    for time in times:
        counts[min(int(time / fitted.step), len(counts) - 1)] += 1
    return [count / fitted.step for count in counts]


def marks(times: Iterable[float], fitted: Frame) -> list[float]:
    """Where thin marks stand: no two on the same unit of the picture."""
    unit = fitted.seconds / WIDTH
    return [place * unit for place in sorted({round(time / unit) for time in times})]


def flags(timeline: Timeline, fitted: Frame) -> list[Flag]:
    """The labels of the faults and of the recovery, in rows where none covers another."""
    placed: list[Flag] = []
    for flag in sorted([*_faults(timeline), *_ready(timeline)], key=lambda flag: -flag.at):
        # From the right: the pole of an earlier one can then pass beside the later ones' labels, not through them.
        turned = _turned(flag, fitted)
        free = [row for row in range(len(placed)) if not any(_meet(turned, other, row, fitted) for other in placed)]
        placed.append(replace(turned, row=free[0] if free else len(placed)))
    return placed


def healed_after(timeline: Timeline) -> float | None:
    """Seconds from the end of the last fault until everything was ready again; None where that never came."""
    if timeline.recovered is None or not timeline.bands:
        return None
    return max(0.0, timeline.recovered - max(band.end for band in timeline.bands))


def _last(timeline: Timeline) -> float:
    events = (*timeline.accepted, *timeline.refused, *timeline.unknown, *timeline.stored)
    ends = (band.end for band in timeline.bands)
    return max((*events, *ends, timeline.ended, timeline.recovered or 0.0))


def _faults(timeline: Timeline) -> list[Flag]:
    """One label for all faults of a name: a link that flaps would fill the picture with them."""
    by_label = sorted(timeline.bands, key=lambda band: (band.label, band.start))
    found = [(label, list(bands)) for label, bands in groupby(by_label, lambda band: band.label)]
    return [Flag(f"{label} ×{len(bands)}" if bands[1:] else label, bands[0].start, "fault") for label, bands in found]


def _ready(timeline: Timeline) -> list[Flag]:
    seconds = healed_after(timeline)
    if timeline.recovered is None or seconds is None:
        return []
    return [Flag(f"ready after {seconds:.1f} s", timeline.recovered, "ready")]


def _turned(flag: Flag, fitted: Frame) -> Flag:
    """To the side of its pole that has room, and no longer than that room."""
    place = flag.at / fitted.seconds * WIDTH
    leftward = place + len(flag.text) * LETTER > WIDTH and place > WIDTH / 2
    letters = int((place if leftward else WIDTH - place) / LETTER)
    text = flag.text if len(flag.text) <= letters else f"{flag.text[: max(0, letters - 1)].rstrip()}…"
    return replace(flag, text=text, leftward=leftward)


def _meet(flag: Flag, other: Flag, row: int, fitted: Frame) -> bool:
    """Whether one would cover the other in this row, or the pole of a higher one would cross the label of a lower."""
    (left, right), (begin, end) = _extent(flag, fitted), _extent(other, fitted)
    if other.row == row:
        return left <= end and begin <= right
    pole, over = (flag, (begin, end)) if row > other.row else (other, (left, right))
    return over[0] < pole.at / fitted.seconds * WIDTH < over[1]


def _extent(flag: Flag, fitted: Frame) -> tuple[float, float]:
    place, width = flag.at / fitted.seconds * WIDTH, (len(flag.text) + 2) * LETTER
    return (place - width, place) if flag.leftward else (place, place + width)
