"""The results of a run as Markdown, for docs/performance.md."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

from bench.measure import Results, Series, find
from bench.peers import PEERS
from bench.plots import picture
from bench.plots.chosen import COSTS, TITLES, is_cost
from bench.plots.panels import measured
from drills.document import cell, figures_table, markdown_table
from drills.report.digest import number
from drills.result import Results as Figures

NOTHING = "Not measured in this run."
ELSEWHERE = {"scale"}
"""Parts that have a page of their own."""
COMPARED = {"end-to-end": "stored p50"}
"""What the column of ratios is about, where it is not what the table shows first."""
CALLED = {"choices": ("question", "variant")}
APIS = ("flask", "asyncapp", "api")
"""Each candidate has its own, and they share a column."""
Key = tuple[str, float, str]
Row = Mapping[str, Series]


def write_performance(results: Results, page: Path, pictures: Path) -> None:
    """Puts this run between the marks of the page; ValueError, and nothing is written, where a part has no marks.

    ``pictures`` is the folder that ``bench.plots.draw`` has drawn into; what was not drawn is not shown.
    """
    fill_in(page, _blocks(results, page, pictures))


def fill_in(page: Path, blocks: Mapping[str, str]) -> None:
    """Puts each block between its marks; ValueError, and nothing is written, where one has none."""
    text = page.read_text(encoding="utf-8")
    for name, block in blocks.items():
        before, begin, rest = text.partition(f"<!-- {name}: begin -->")
        _, end, after = rest.partition(f"<!-- {name}: end -->")
        if not (begin and end):
            raise ValueError(
                f"{page.name} has no place for {name}: <!-- {name}: begin --> and, after it, the same: end"
            )
        text = f"{before}{begin}\n\n{block}\n\n{end}{after}"
    page.write_text(text, encoding="utf-8")


def _blocks(results: Results, page: Path, pictures: Path) -> dict[str, str]:
    """What belongs between which marks. A part that nobody expected needs marks as well: it must not be dropped."""
    series = [one for one in results.series if one.values and one.part not in ELSEWHERE]
    parts = dict.fromkeys([*(name for name in TITLES if name not in ELSEWHERE), *(one.part for one in series)])
    blocks = {"figures": _figures(results), "machine": about(results)}
    return blocks | {part: part_of(part, find(series, part=part), page, pictures) for part in parts}


def _figures(results: Results) -> str:
    """The verdict first: a figure that was not reached is named before the table, and stands in it."""
    missed = [cell(figure.name) for figure in results.figures if not figure.ok]
    verdict = f"**Not reached: {len(missed)} of {len(results.figures)}.** {'; '.join(missed)}."
    parts = [verdict if missed else "Every figure reaches its goal.", figures_table(Figures(figures=results.figures))]
    notes = [f"- {cell(note)}" for note in results.notes]
    return "\n\n".join([*(parts if results.figures else [NOTHING]), *(["\n".join(notes)] if notes else [])])


def about(results: Results) -> str:
    """What the figures come from."""
    rounds = sorted({len(one.values) for one in results.series})
    more = [("rounds", ", ".join(map(str, rounds))), ("time", f"{number(round(results.seconds))} s")]
    return markdown_table(("machine", ""), [*results.machine.items(), *more])


def part_of(part: str, series: Sequence[Series], page: Path, pictures: Path) -> str:
    """The picture of a part and its tables; of what it took, in small print."""
    if not series:
        return NOTHING
    drawn, costs = picture(pictures, part), [one for one in series if is_cost(one) and one.median]
    link = Path(os.path.relpath(drawn, page.parent)).as_posix()
    blocks = [f"![{TITLES.get(part, part)}]({link})"] if drawn.is_file() else []
    blocks += _tables([one for one in series if not is_cost(one)])
    blocks += [_promises(series)] if part == "peers" else []
    if costs:
        summary = "<details>\n<summary>What it took: processor time and memory</summary>"
        blocks += [summary, *_tables(costs), "</details>"]
    return "\n\n".join(blocks)


def _promises(series: Iterable[Series]) -> str:
    """What each peer keeps of the lab's own guarantees: a figure without them would compare different things."""
    candidates = {one.candidate for one in series}
    found = [peer for peer in PEERS if peer.name in candidates]
    heads = dict.fromkeys(promise for peer in found for promise in peer.guarantees)
    rows = [(peer.name, peer.title, *(peer.guarantees.get(head, "no") for head in heads)) for peer in found]
    return markdown_table(("candidate", "is", *heads), rows)


def _tables(series: Sequence[Series]) -> list[str]:
    """One table for all cases of one axis that have the same measures."""
    heads: dict[tuple[str, str, str], dict[str, None]] = {}
    for one in series:
        heads.setdefault((_kind(one), one.axis, one.case), {})[_head(one)] = None
    alike: dict[tuple[str, str, tuple[str, ...]], list[Series]] = {}
    for one in series:
        measures = tuple(heads[_kind(one), one.axis, one.case])
        alike.setdefault((_kind(one), one.axis, measures), []).append(one)
    return [_one_table(them, measures) for (_, _, measures), them in alike.items()]


def _one_table(series: Sequence[Series], measures: Sequence[str]) -> str:
    """A row for each case, place and candidate, and a column for each measure."""
    first, rows = series[0], _rows(series)
    case, candidate = CALLED.get(first.part, ("case", "candidate"))
    heads = [case, first.axis, candidate, *measures]
    lines = [
        [key[0], number(key[1]), key[2], *(_value(row.get(name)) for name in measures)] for key, row in rows.items()
    ]
    about = next((one for one in series if one.measure == COMPARED.get(first.part)), first)
    ratios = [] if is_cost(first) else _ratios(rows, _head(about))
    if ratios:
        heads.append(f"{about.measure}: ratio")
        lines = [[*line, ratio] for line, ratio in zip(lines, ratios, strict=True)]
    if not first.axis:
        heads, *lines = ([*line[:1], *line[2:]] for line in (heads, *lines))
    return markdown_table(heads, lines, numbers=3 if first.axis else 2)


def _rows(series: Sequence[Series]) -> dict[Key, Row]:
    """The series of each row by the heads of their columns; the candidates of one place beside each other."""
    cases = list(dict.fromkeys(one.case for one in series))
    candidates = list(dict.fromkeys(one.candidate for one in series))
    found: dict[Key, dict[str, Series]] = {}
    for one in series:
        found.setdefault((one.case, one.at, one.candidate), {})[_head(one)] = one
    return {
        key: found[key]
        for key in sorted(found, key=lambda key: (cases.index(key[0]), key[1], candidates.index(key[2])))
    }


def _ratios(rows: Mapping[Key, Row], head: str) -> list[str]:
    """Each row against the first of its case and place; empty where nothing has a neighbour."""
    bases: dict[tuple[str, float], Series | None] = {}
    for key, row in rows.items():
        bases.setdefault(key[:2], row.get(head))
    if len(bases) == len(rows):
        return []
    return [_ratio(row.get(head), bases[key[:2]]) for key, row in rows.items()]


def _ratio(one: Series | None, base: Series | None) -> str:
    """The median of the rounds' ratios: the two of a round were measured one after the other."""
    if one is None or base is None:
        return "–"
    found = [value / other for value, other in zip(one.values, base.values, strict=False) if other]
    return f"{median(found):.2f}" if found else "–"


def _kind(one: Series) -> str:
    """Processor time and memory have tables of their own."""
    return next((kind for kind in COSTS if one.measure.startswith(kind)), "")


def _head(one: Series) -> str:
    """The head of a column. Every candidate has its own API and worker, which share theirs."""
    kind, service = _kind(one), one.measure.removeprefix(_kind(one))
    if kind and service in (*APIS, one.candidate):
        service = "API"
    elif kind and service.endswith("worker"):
        service = "worker"
    return measured(f"{kind}{service}", one.unit)


def _value(one: Series | None) -> str:
    """The median of the rounds; behind it how far they lie apart."""
    if one is None:
        return "–"
    return number(one.median) + (f" ({one.spread * 100:.0f} %)" if len(one.values) > 1 else "")
