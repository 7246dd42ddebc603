"""Which panels the picture of each part has: what a class should see first. Everything else stands in the tables."""

from collections.abc import Callable
from itertools import chain
from math import ceil

from bench.measure import Results, Series, find
from bench.plots.panels import bars, cases, lines, ranges
from bench.plots.sheet import Panel, Sheet

TITLES = {
    "http": "One request: how many a second, how slow the slow ones",
    "drain": "A full queue: how fast workers empty it",
    "end-to-end": "From the request to the database: how long a task takes",
    "growth": "More documents, more messages: what stays as fast",
    "classroom": "A class at work: how long each request takes",
    "work": "Slow tasks: waiting and computing",
    "peers": "The same job with other libraries",
    "choices": "Our own choices beside their alternatives",
    "tracing": "Traces: what they cost",
    "watch": "What it costs to be watched",
    "scale": "One queue, or several",
    "board": "What it costs that the board is open",
}
COSTS = ("CPU of ", "RSS of ")
POST = "POST /tasks"
ABREAST = 4
"""So many small panels beside each other can still be read."""
Lines = list[list[Panel]]


def sheets(results: Results) -> list[Sheet]:
    """One for each part that has values, in the order in which they were measured."""
    series = [one for one in results.series if one.values]
    return [_sheet(part, find(series, part=part)) for part in dict.fromkeys(one.part for one in series)]


def is_cost(one: Series) -> bool:
    """Whether it is what a process took: time of a processor, or memory."""
    return one.measure.startswith(COSTS)


def _sheet(part: str, series: list[Series]) -> Sheet:
    """The panels chosen for the part; where it has other measures than those, all that it has."""
    chosen = [[panel for panel in line if panel.rows] for line in CHOSEN.get(part, _everything)(series)]
    panels = [line for line in chosen if line] or _everything(series)
    rounds = max(len(one.values) for one in series)
    foot = (
        f"Median of {rounds} rounds; thin lines reach from the lowest to the highest." if rounds > 1 else "One round."
    )
    return Sheet(part, TITLES.get(part, part), tuple(map(tuple, panels)), foot)


def _http(series: list[Series]) -> Lines:
    """A task that is sent in the first line; below, what that can be compared with."""
    posts = find(series, case=POST)
    rest = [case for case in cases(series) if case != POST]
    return [
        [lines(find(posts, measure=measure), POST) for measure in ("requests/s", "p95")],
        [lines(find(series, case=case, measure="requests/s"), case) for case in rest],
    ]


def _drain(series: list[Series]) -> Lines:
    memory = [one for one in series if one.measure.startswith("RSS of ") and one.measure.endswith("worker")]
    return [[bars(find(series, measure="tasks/s"), "Throughput"), bars(memory, "Memory of a worker", "MB")]]


def _end_to_end(series: list[Series]) -> Lines:
    return [ranges(series, "Latency")]


def _classroom(series: list[Series]) -> Lines:
    return [[*ranges(series, "Latency"), bars(find(series, measure="requests/s"), "Throughput")]]


def _growth(series: list[Series]) -> Lines:
    """How long an answer takes beside many documents; how many tasks a second beside many messages."""
    found = []
    for axis in dict.fromkeys(one.axis for one in series):
        given = [find(series, axis=axis, case=case) for case in cases(find(series, axis=axis))]
        quick = [find(them, measure="p50") if axis == "documents" else _first(them) for them in given]
        found.append([lines(them, them[0].case) for them in quick if them])
    return found


def _questions(series: list[Series]) -> Lines:
    """A panel of bars for each case, with what it measures first."""
    given = [find(series, case=case) for case in cases(series)]
    panels = [bars(_first(them), them[0].case) for them in given]
    wide = ceil(len(panels) / ceil(len(panels) / ABREAST))
    return [panels[start : start + wide] for start in range(0, len(panels), wide)]


def _first(series: list[Series]) -> list[Series]:
    """What was measured first, the costs apart, is what the case is about."""
    plain = [one for one in series if not is_cost(one)] or series
    return find(plain, measure=plain[0].measure)


def _everything(series: list[Series]) -> Lines:
    """A panel for each case and measure, those of one axis beside each other; the costs only where there is no more."""
    plain = [one for one in series if not is_cost(one)] or series
    found = []
    for axis in dict.fromkeys(one.axis for one in plain):
        pairs = dict.fromkeys((one.case, one.measure) for one in find(plain, axis=axis))
        found.append([_any(find(plain, axis=axis, case=case, measure=measure)) for case, measure in pairs])
    return found if max(map(len, found)) > 1 else [list(chain.from_iterable(found))]


def _any(series: list[Series]) -> Panel:
    """Lines, unless there is only one place on the axis."""
    return (lines if len({one.at for one in series}) > 1 else bars)(series, series[0].case)


def _scale(series: list[Series]) -> Lines:
    """Rates over the shards, and what a message takes of the broker; what one task costs stands in the table."""
    over = find(series, axis="shards")
    rates = [[lines(_first(find(over, case=case)), case) for case in cases(over)]]
    return [*rates, [lines(find(over, measure="the broker's processor"), "The broker's processor a message")]]


CHOSEN: dict[str, Callable[[list[Series]], Lines]] = {
    "http": _http,
    "drain": _drain,
    "end-to-end": _end_to_end,
    "growth": _growth,
    "classroom": _classroom,
    "peers": _questions,
    "choices": _questions,
    "tracing": _questions,
    "watch": _questions,
    "scale": _scale,
    "board": _questions,
}
