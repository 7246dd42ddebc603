"""What ``./lab drill`` shows: which drills there are, what one teaches, which phase it is in, and what it has found."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.markup import escape

from cli.console import err, out, say, table
from drills import mutants
from drills.catalogue import everything
from drills.drill import Drill
from drills.record import Tell, nobody
from drills.result import DrillResult, MutantResult, Results
from drills.table import mutants_table, results_table

SHOWN_PROBLEMS = 10


def show_list() -> None:
    """Every drill there is, and every planted defect."""
    made = table("drill", "kind", "what happens", "native", "Compose")
    for one in everything().values():
        ways = ["yes" if way in one.ways else "" for way in ("native", "docker")]
        made.add_row(one.name, one.group, escape(one.title), *ways)
    out.print(made)
    planted = table("planted defect", "must be caught by", "what it does")
    for mutant in mutants.everything():
        planted.add_row(mutant.name, mutant.drill, escape(mutant.title))
    out.print(planted)
    out.print(
        "\nOne: ./lab drill kill-worker · every one: ./lab drill all --report out/ · the defects: ./lab drill mutants"
    )


def explain(one: Drill) -> None:
    """What a drill teaches, before it runs."""
    out.print(f"[bold]{escape(one.title)}[/]")
    for head, text in one.texts.items():
        out.print(f"  [dim]{head}[/] {escape(text)}", soft_wrap=True)


@contextmanager
def phases(name: str) -> Iterator[Tell]:
    """What is told while the block lasts stands beside a spinner, on the error stream and only on a terminal."""
    if not err.is_terminal:
        yield nobody
        return
    with err.status(escape(name)) as status:
        yield lambda phase: status.update(f"{escape(name)}: {escape(phase)}")


def show_result(result: DrillResult) -> None:
    """One drill on one twin: whether it holds, its counts, and the first of its problems."""
    account = result.account
    verdict = "[green]holds[/]" if result.ok else "[bold red]FAILS[/]"
    counted = f"{account.accepted} accepted, {account.unknown} unknown, {account.stored} stored, {account.dead} dead"
    zeros = f"{account.lost} lost, {account.duplicated} duplicated, {account.phantom} phantom"
    say(f"      {result.twin:<5} {verdict} · {counted} · {zeros}")
    for problem in result.problems[:SHOWN_PROBLEMS]:
        say(f"            [red]{escape(problem)}[/]")


def show_mutant(found: MutantResult) -> None:
    """Whether one planted defect was caught on one twin, and how."""
    verdict = "[green]caught[/]" if found.caught else "[bold red]NOT CAUGHT[/]"
    say(f"      {found.twin:<5} {verdict} by {found.drill}: {escape(found.how)}")


def show_all(results: Results) -> None:
    """The tables of the whole run."""
    if results.drills:
        out.print(results_table(results.drills))
    if results.mutants:
        out.print(mutants_table(results.mutants))
    made = table("measure", "value", "goal", "")
    for figure in results.figures:
        made.add_row(figure.name, f"{figure.value:g}", figure.goal, "[green]ok[/]" if figure.ok else "[bold red]no[/]")
    out.print(made)
