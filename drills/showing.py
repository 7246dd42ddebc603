"""What ``./lab drill`` shows: which drills there are, what one teaches, which phase it is in, and what it has found."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.markup import escape

from cli.console import err, out, say, table
from cli.course.told import told
from cli.language import REPORTS, _, later
from drills import mutants
from drills.catalogue import everything
from drills.drill import Drill
from drills.record import Tell, nobody
from drills.result import DrillResult, MutantResult, Results
from drills.table import caught, holds, mutants_table, results_table

SHOWN_PROBLEMS = 10
HINT = later(
    "One: ./lab drill kill-worker · every one: ./lab drill all --report out/ · the defects: ./lab drill mutants"
)


def show_list() -> None:
    """Every drill there is, and every planted defect."""
    made = table("drill", "kind", "what happens", "native", "Compose")
    for one in everything().values():
        ways = [_("yes") if way in one.ways else "" for way in ("native", "docker")]
        made.add_row(one.name, _(one.group), escape(_(one.title)), *ways)
    out.print(made)
    planted = table("planted defect", "must be caught by", "what it does")
    for mutant in mutants.everything():
        planted.add_row(mutant.name, mutant.drill, escape(_(mutant.title)))
    out.print(planted)
    out.print(f"\n{_(HINT)}")


def explain(one: Drill) -> None:
    """What a drill teaches, before it runs."""
    out.print(f"[bold]{escape(_(one.title))}[/]")
    for head, text in one.texts.items():
        out.print(f"  [dim]{_(head)}[/] {escape(_(text))}", soft_wrap=True)


@contextmanager
def phases(name: str) -> Iterator[Tell]:
    """What is told while the block lasts stands beside a spinner, on the error stream and only on a terminal."""
    if not err.is_terminal:
        yield nobody
        return
    with err.status(escape(name)) as status:
        yield lambda phase: status.update(f"{escape(name)}: {escape(_(phase))}")


def show_result(result: DrillResult) -> None:
    """One drill on one twin: whether it holds, its counts, and the first of its problems."""
    account = result.account
    verdict = holds(result.ok)
    counted = _("{accepted} accepted, {unknown} unknown, {stored} stored, {dead} dead", **vars(account))
    zeros = _("{lost} lost, {duplicated} duplicated, {phantom} phantom", **vars(account))
    say(f"      {result.twin:<5} {verdict} · {counted} · {zeros}")
    for problem in result.problems[:SHOWN_PROBLEMS]:
        say(f"            [red]{escape(told(problem, REPORTS))}[/]")


def show_mutant(found: MutantResult) -> None:
    """Whether one planted defect was caught on one twin, and how."""
    verdict = caught(found.caught)
    by = _("{verdict} by {drill}: {how}", verdict=verdict, drill=found.drill, how=escape(told(found.how, REPORTS)))
    say(f"      {found.twin:<5} {by}")


def show_all(results: Results) -> None:
    """The tables of the whole run."""
    if results.drills:
        out.print(results_table(results.drills))
    if results.mutants:
        out.print(mutants_table(results.mutants))
    made = table("measure", "value", "goal", "")
    for figure in results.figures:
        made.add_row(
            _(figure.name),
            f"{figure.value:g}",
            figure.goal,
            f"[green]{_('ok')}[/]" if figure.ok else f"[bold red]{_('no')}[/]",
        )
    out.print(made)
