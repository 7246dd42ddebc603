"""From what one task costs to what many of them need: the arithmetic of docs/scale.md, and its place in the page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from statistics import median

from bench.document import about, fill_in, part_of
from bench.measure import Results, Series, find
from bench.parts.scale import CONSUMED, COST, FLOW, PART, PUBLISHED
from drills.document import markdown_table
from drills.report.digest import number
from drills.sides import SIDES

RATES = (10_000, 100_000, 1_000_000)
BUSY = 0.6
"""A processor is planned to be busy for that share of its time: the rest is for peaks, and for a node that is lost."""
FULL = 0.5
"""A queue is planned for that share of what it was seen to take."""
COPIES = 3
"""Broker and database keep everything three times, on three nodes."""
PROCESSORS = 16
"""Of one node."""
SECONDS_A_DAY = 86_400
TO_API, TO_WORKER, TO_STORE = "API to RabbitMQ", "RabbitMQ to worker", "into MongoDB"


class NothingMeasured(ValueError):
    """The run has no values of the part that the page is about."""


@dataclass(frozen=True)
class Need:
    """One row: what it is about, the arithmetic in words, and its value for a rate."""

    what: str
    how: str
    value: Callable[[float], float]
    unit: str = ""
    whole: bool = False


def write_scale(results: Results, page: Path, pictures: Path) -> None:
    """Puts this run between the marks of the page; ValueError, and nothing is written, where something is missing."""
    series = [one for one in find(results.series, part=PART) if one.values]
    if not series:
        raise NothingMeasured("the part scale was not measured")
    blocks = {"needs": needs_table(series), "machine": about(results), PART: part_of(PART, series, page, pictures)}
    fill_in(page, {**blocks, "ratios": ratios_table(series)})


def needs_table(series: Sequence[Series]) -> str:
    """Each need, how it is reckoned, and how much of it each rate asks for."""
    heads = ("needed", "arithmetic, at R tasks a second", *(f"{rate:,}/s" for rate in RATES))
    rows = [(one.what, one.how, *(_shown(one, rate) for rate in RATES)) for one in needs(series)]
    return markdown_table(heads, rows, numbers=2)


def needs(series: Sequence[Series]) -> list[Need]:
    """All rows, from the costlier of the twins, part by part."""
    costs = find(series, case=COST)
    return [*_processors(costs), *_network(costs), *_disks(costs), *_queues(series)]


def _processors(costs: Sequence[Series]) -> list[Need]:
    apis, workers = ([side.services[place] for side in SIDES] for place in (0, 1))
    found = [
        _processor("nginx", ["nginx"], costs, 1),
        _processor("APIs", apis, costs, 1),
        _processor("RabbitMQ", ["rabbitmq"], costs, COPIES),
        _processor("workers", workers, costs, 1),
        _processor("MongoDB", ["mongo"], costs, COPIES),
    ]
    every = tuple(found)

    def nodes(rate: float) -> float:
        return sum(ceil(one.value(rate) / PROCESSORS) for one in every)

    return [*found, Need("nodes", f"each line above ÷ {PROCESSORS}, up, added", nodes, "nodes", whole=True)]


def _processor(what: str, services: Sequence[str], costs: Sequence[Series], copies: int) -> Need:
    milliseconds = _largest(costs, *(f"CPU of {service}" for service in services))
    times = f" × {copies} nodes" if copies > 1 else ""
    how = f"R × {milliseconds:.3g} ms{times} ÷ {BUSY:g}"
    return Need(f"processors: {what}", how, lambda rate: rate * milliseconds / 1000 * copies / BUSY, whole=True)


def _network(costs: Sequence[Series]) -> list[Need]:
    outside = _largest(costs, "request") + _largest(costs, "answer")
    message, delivered, written = (_largest(costs, name) for name in (TO_API, TO_WORKER, TO_STORE))
    copied = COPIES - 1
    inside = outside + message * (1 + copied) + delivered + written * (1 + copied)
    how = f"R × ({outside:.0f} + {COPIES} × {message:.0f} + {delivered:.0f} + {COPIES} × {written:.0f}) bytes"
    return [
        Need("network: clients", f"R × {outside:.0f} bytes", lambda rate: rate * outside * 8 / 1e9, "Gbit/s"),
        Need("network: inside", how, lambda rate: rate * inside * 8 / 1e9, "Gbit/s"),
    ]


def _disks(costs: Sequence[Series]) -> list[Need]:
    found = []
    for what in ("RabbitMQ", "MongoDB"):
        written = _largest(costs, f"{what} to disk")
        how = f"R × {written:,.0f} bytes × {COPIES} nodes"
        found.append(Need(f"disk: {what} writes", how, lambda rate, each=written: rate * each * COPIES / 1e6, "MB/s"))  # type: ignore[misc]
    kept = _largest(costs, "kept in the collection") + _largest(costs, "kept in its indexes")
    how = f"R × {kept:.0f} bytes × {SECONDS_A_DAY:,} s × {COPIES}"
    return [*found, Need("disk: kept a day", how, lambda rate: rate * kept * SECONDS_A_DAY * COPIES / 1e12, "TB")]


def _queues(series: Sequence[Series]) -> list[Need]:
    """A queue takes no more than the slower of its two ends."""
    ends = [find(series, case=FLOW, candidate=name, at=1, measure="messages/s") for name in (PUBLISHED, CONSUMED)]
    limit = min(one.median for found in ends for one in found)
    how = f"R ÷ ({limit:,.0f}/s × {FULL:g}), up"
    return [Need("shards (QUEUE_SHARDS)", how, lambda rate: ceil(rate / (limit * FULL)), whole=True)]


def _largest(costs: Sequence[Series], *measures: str) -> float:
    return max(one.median for one in costs if one.measure in measures)


def _shown(one: Need, rate: float) -> str:
    value = one.value(rate)
    shown = f"{ceil(value):,}" if one.whole else number(float(f"{value:.3g}"))
    return f"{shown} {one.unit}".rstrip()


def ratios_table(series: Sequence[Series]) -> str:
    """Each rate over the shards, as a share of that of one queue, round by round; what is measured once has no more."""
    rates = [one for one in series if one.axis and one.unit == "1/s"]
    places = sorted({one.at for one in rates})
    kinds = dict.fromkeys((one.case, one.candidate) for one in rates)
    rows = [
        (case, candidate, *(_against_one(find(rates, case=case, candidate=candidate), at) for at in places))
        for case, candidate in kinds
    ]
    return markdown_table(("what", "who", *(f"{at:g} shards" for at in places)), rows, numbers=2)


def _against_one(rates: Sequence[Series], at: float) -> str:
    one, several = (next(each for each in rates if each.at == place) for place in (1, at))
    return f"{median(each / first for each, first in zip(several.values, one.values, strict=True)):.2f}"
