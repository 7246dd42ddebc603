"""What the page and the document say of a run: its drills by group, its sums, its verdict. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from drills.entries import KINDS
from drills.report.scales import healed_after
from drills.result import DrillResult, Figure, Results, Timeline

WRONG = frozenset((*KINDS, "queued", "unacknowledged"))
"""The columns of the ledger where anything but zero is wrong."""


@dataclass(frozen=True)
class Case:
    """One drill with its runs, one or more a twin."""

    name: str
    title: str
    group: str
    runs: Sequence[DrillResult]

    @property
    def ok(self) -> bool:
        """Whether it passed on every twin."""
        return all(run.ok for run in self.runs)


@dataclass(frozen=True)
class Tile:
    """One number of the head."""

    name: str
    value: str
    ok: bool = True
    note: str = ""


def cases(results: Results) -> list[Case]:
    """The drills in the order of their first run."""
    order = list(dict.fromkeys(run.name for run in results.drills))
    runs = sorted(results.drills, key=lambda run: order.index(run.name))
    found = [(name, list(them)) for name, them in groupby(runs, lambda run: run.name)]
    return [Case(name, them[0].title, them[0].group, them) for name, them in found]


def groups(results: Results) -> dict[str, list[Case]]:
    """The drills by group, in the order of their first run."""
    found: dict[str, list[Case]] = {}
    for case in cases(results):
        found.setdefault(case.group, []).append(case)
    return found


def failed(results: Results) -> list[Case]:
    """The drills that did not pass on every twin."""
    return [case for case in cases(results) if not case.ok]


def total(results: Results, column: str) -> int:
    """The sum of one column of the ledger over all runs."""
    return sum(run.account.columns()[column] for run in results.drills)


def verdict(results: Results) -> str:
    """The whole run in two or three words."""
    if not results.drills:
        return "Nothing was tested"
    if results.ok:
        return "Everything held"
    lost = total(results, "lost")
    return f"{number(lost)} {plural(lost, 'task')} lost" if lost else "Not everything held"


def reasons(results: Results) -> list[str]:
    """Why the verdict is not better, in words; empty where everything held."""
    drills = len(failed(results))
    mutants = sum(not mutant.caught for mutant in results.mutants)
    figures = sum(not figure.ok for figure in results.figures)
    counted = ((drills, "drill", "failed"), (mutants, "mutant", "not caught"), (figures, "figure", "not reached"))
    return [f"{number(count)} {plural(count, name)} {what}" for count, name, what in counted if count]


def tiles(results: Results) -> list[Tile]:
    """The numbers of the head. A kind of wrong task that nobody expects is shown only where there is one."""
    found, held = cases(results), sum(case.ok for case in cases(results))
    during = sum(accepted_during(run.timeline) for run in results.drills)
    usual = ("lost", "duplicated", "phantom")
    rest = [name for name in sorted(WRONG - set(usual)) if total(results, name)]
    caught = sum(mutant.caught for mutant in results.mutants)
    return [
        *(Tile(words(name), number(total(results, name)), not total(results, name)) for name in (*usual, *rest)),
        Tile("accepted under fault", number(total(results, "accepted")), True, f"{number(during)} while it lasted"),
        Tile("kinds of fault", number(len(found)), True, f"{number(len(results.drills))} runs"),
        Tile("drills that held", f"{held} of {len(found)}", held == len(found)),
        *(
            [Tile("mutants caught", f"{caught} of {len(results.mutants)}", caught == len(results.mutants))]
            if results.mutants
            else []
        ),
    ]


def problems(run: DrillResult) -> list[str]:
    """What does not hold, without the wrong tasks: the report names those by themselves."""
    tasks = {f"{one.kind}: {one.id} {one.known}" for one in run.account.wrong}
    return [problem for problem in run.problems if problem not in tasks]


def accepted_during(timeline: Timeline) -> int:
    """The tasks accepted while a fault lasted, each once although faults may overlap."""
    times, count, done = sorted(timeline.accepted), 0, 0
    for band in sorted(timeline.bands, key=lambda band: band.start):
        first, last = max(done, bisect_left(times, band.start)), bisect_right(times, band.end)
        count, done = count + max(0, last - first), max(done, last)
    return count


def told(run: DrillResult) -> str:
    """A timeline in words, for those who cannot see it."""
    account, line = run.account, run.timeline
    faults = ", ".join(dict.fromkeys(band.label for band in line.bands))
    return (
        f"Timeline of {run.title} on {run.twin}: {number(account.accepted)} tasks accepted,"
        f" {number(account.stored)} stored, {number(account.refused)} refused, {number(account.unknown)} unknown"
        f" in {max(0.0, line.ended - line.started):.0f} s. Fault: {faults or 'none with a length'}. {healed(run)}."
    )


def healed(run: DrillResult) -> str:
    """When everything was ready again, in words."""
    seconds = healed_after(run.timeline)
    if seconds is not None:
        return f"Ready again {seconds:.1f} s after the fault"
    return "No recovery was seen"


def day(results: Results) -> str:
    """The day of the run, as in 2026-11-21, by the clock of UTC; empty where no drill has a time."""
    last = max((run.timeline.ended for run in results.drills), default=0.0)
    return datetime.fromtimestamp(last, UTC).strftime("%Y-%m-%d") if last else ""


def value(figure: Figure) -> str:
    """A figure's value, without more digits than people read."""
    return number(figure.value)


def number(given: float) -> str:
    """With commas between thousands; three digits where it is no whole number."""
    if float(given).is_integer():
        return f"{given:,.0f}"
    return f"{given:,.0f}" if abs(given) >= 100 else f"{given:.3g}"


def plural(count: int, name: str) -> str:
    """The name of so many things."""
    return name if count == 1 else f"{name}s"


def words(name: str) -> str:
    """A column's name as people write it."""
    return name.replace("_", " ")


def joined(parts: Iterable[str]) -> str:
    """In one line."""
    return " · ".join(parts)
