"""The figures of a run as Markdown, for docs/reliability.md."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from drills.report import digest
from drills.report.digest import Case
from drills.result import Figure, MutantResult, Results

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
COLUMNS = ("accepted", "unknown", "recovered", "dead", "lost", "duplicated", "phantom")


def write_reliability(results: Results, path: Path) -> None:
    """Puts the tables of this run between the two marks in the file; ValueError where it does not have both."""
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{path.name} has no place for the figures: {BEGIN} and, after it, {END}")
    path.write_text(f"{before}{BEGIN}\n\n{_tables(results)}\n\n{END}{after}", encoding="utf-8")


def figures_table(results: Results) -> str:
    """What was measured over the whole run, as a Markdown table."""
    return markdown_table(("figure", "value", "goal", "reached"), map(_figure, results.figures))


def drills_table(results: Results) -> str:
    """One row a drill; the twins' numbers stand beside each other, in the order of the heading."""
    twins = list(dict.fromkeys(run.twin for run in results.drills))
    heads = ("group", f"drill ({' / '.join(twins)})", *COLUMNS, "slowest answer, s")
    return markdown_table(heads, (_drill(case, twins) for case in digest.cases(results)), numbers=2)


def mutants_table(results: Results) -> str:
    """Each planted defect and what caught it."""
    return markdown_table(("planted defect", "twin", "drill", "caught", "by what words"), map(_mutant, results.mutants))


def _tables(results: Results) -> str:
    verdict = ", ".join([digest.verdict(results), *digest.reasons(results)])
    described = [*results.machine.items(), ("time", f"{digest.number(round(results.seconds))} s")]
    parts = [f"Measured {digest.day(results)}: {verdict}.", figures_table(results), drills_table(results)]
    parts += [mutants_table(results)] if results.mutants else []
    parts += [markdown_table(("not run", "why"), results.skipped.items())] if results.skipped else []
    return "\n\n".join([*parts, markdown_table(("machine", ""), described)])


def _figure(figure: Figure) -> tuple[str, ...]:
    return figure.name, digest.value(figure), figure.goal, _yes(figure.ok)


def _drill(case: Case, twins: Sequence[str]) -> tuple[str, ...]:
    """A dash stands where a drill did not run on a twin."""
    runs = {run.twin: run for run in case.runs}
    found = [runs.get(twin) for twin in twins]
    counted = [[digest.number(run.account.columns()[name]) if run else "–" for run in found] for name in COLUMNS]
    slowest = [f"{run.slowest:.2f}" if run else "–" for run in found]
    return case.group, f"{case.name}: {case.title}", *(" / ".join(values) for values in [*counted, slowest])


def _mutant(mutant: MutantResult) -> tuple[str, ...]:
    return mutant.title, mutant.twin, mutant.drill, _yes(mutant.caught), mutant.how


def _yes(good: bool) -> str:
    return "yes" if good else "**no**"


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: int | None = None) -> str:
    """A Markdown table; the columns from ``numbers`` on are flush right."""
    ruler = ["---" if numbers is None or place < numbers else "---:" for place in range(len(heads))]
    lines = [heads, ruler, *([cell(text) for text in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(text: str) -> str:
    """What can stand in a cell: on one line, without HTML, and without what ends a cell."""
    if text == _yes(False):
        return text
    escaped = text.replace("\\", "\\\\").replace("&", "&amp;").replace("<", "&lt;")
    for sign in "|*_`[":
        escaped = escaped.replace(sign, f"\\{sign}")
    return " ".join(escaped.split())
