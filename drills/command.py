"""``./lab drill``: faults on purpose, in a private lab beside the one that people use."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape

from cli import private
from cli.console import out, say, table
from cli.errors import Failed, WrongUse
from cli.testing import install
from drills import campaign, mutants
from drills.catalogue import everything
from drills.drill import Drill
from drills.result import DrillResult, MutantResult, Results, as_json
from drills.run import run
from drills.sides import SIDES, Side
from drills.stage import Stage, stage
from drills.table import mutants_table, results_table

ALL = "all"
CI = "ci"
MUTANTS = "mutants"
SHOWN_PROBLEMS = 10


@dataclass(frozen=True)
class Wish:
    """What to run, and how."""

    names: tuple[str, ...]
    seed: int = 1
    seconds: float | None = None
    to: str = "both"
    docker: bool = False
    report: Path | None = None
    json: Path | None = None
    page: Path | None = None
    """A Markdown page with a place for the figures."""
    picture: Path | None = None
    """Where the first drill is drawn."""


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


def drill(wish: Wish) -> None:
    """Runs the drills and shows their ledgers; Failed where something does not hold."""
    chosen = choose(wish)
    if wish.report or wish.page or wish.picture:
        install("drills/requirements.txt")
    planted = mutants.everything() if {ALL, MUTANTS} & set(wish.names) and not wish.docker else []
    sides = [side for side in SIDES if wish.to in {"both", side.name}]
    begun = time.monotonic()
    with private.termination_is_ctrl_c(), stage(wish.docker) as ready:
        if len(chosen) == 1:
            explain(chosen[0])
        drills, skipped = _run_drills(ready, chosen, wish, sides)
        caught = _run_mutants(ready, planted, wish, sides)
        machine = campaign.machine(ready)
    results = Results(drills, caught, campaign.figures(drills, caught), skipped, machine, time.monotonic() - begun)
    _show(results)
    _write(results, wish)
    if not results.ok:
        raise Failed("something does not hold; see above", part="drill", mend=_again(results, wish))


def choose(wish: Wish) -> list[Drill]:
    """The drills that were named, those together that need the same preparation; WrongUse for one there is not."""
    known = everything()
    found: list[Drill] = []
    for name in wish.names:
        if name == ALL:
            found += known.values()
        elif name == CI:
            found += [one for one in known.values() if one.ci]
        elif name in known:
            found.append(known[name])
        elif name != MUTANTS:
            raise WrongUse(f"there is no drill called {name!r}", part="drill", mend="./lab drill --list")
    return campaign.in_order(found)


def _run_drills(
    ready: Stage, chosen: Sequence[Drill], wish: Wish, sides: Sequence[Side]
) -> tuple[list[DrillResult], dict[str, str]]:
    results: list[DrillResult] = []
    skipped: dict[str, str] = {}
    for number, one in enumerate(chosen, 1):
        reason = campaign.impossible(ready, one)
        if reason:
            skipped[one.name] = reason
            say(f"[{number}/{len(chosen)}] {one.name}: [yellow]not run[/], {escape(reason)}")
            continue
        say(f"[{number}/{len(chosen)}] {one.name}: {escape(one.title)} …")
        found = run(ready, one, wish.seed, wish.seconds, sides)
        results += found
        for result in found:
            _tell(result)
    return results, skipped


def _tell(result: DrillResult) -> None:
    account = result.account
    verdict = "[green]holds[/]" if result.ok else "[bold red]FAILS[/]"
    counted = f"{account.accepted} accepted, {account.unknown} unknown, {account.stored} stored, {account.dead} dead"
    zeros = f"{account.lost} lost, {account.duplicated} duplicated, {account.phantom} phantom"
    say(f"      {result.twin:<5} {verdict} · {counted} · {zeros}")
    for problem in result.problems[:SHOWN_PROBLEMS]:
        say(f"            [red]{escape(problem)}[/]")


def _run_mutants(
    ready: Stage, planted: Sequence[mutants.Mutant], wish: Wish, sides: Sequence[Side]
) -> list[MutantResult]:
    caught = []
    for number, mutant in enumerate(planted, 1):
        say(f"[{number}/{len(planted)}] planted: {escape(mutant.title)} …")
        for found in mutants.hunt(ready, mutant, sides, wish.seed):
            verdict = "[green]caught[/]" if found.caught else "[bold red]NOT CAUGHT[/]"
            say(f"      {found.twin:<5} {verdict} by {found.drill}: {escape(found.how)}")
            caught.append(found)
    return caught


def _show(results: Results) -> None:
    if results.drills:
        out.print(results_table(results.drills))
    if results.mutants:
        out.print(mutants_table(results.mutants))
    made = table("measure", "value", "goal", "")
    for figure in results.figures:
        made.add_row(figure.name, f"{figure.value:g}", figure.goal, "[green]ok[/]" if figure.ok else "[bold red]no[/]")
    out.print(made)


def _write(results: Results, wish: Wish) -> None:
    if wish.json is not None:
        wish.json.parent.mkdir(parents=True, exist_ok=True)
        wish.json.write_text(json.dumps(as_json(results), indent=1) + "\n", encoding="utf-8")
        say(f"written: {wish.json}")
    if wish.report is not None:
        from drills import report  # These need a plotting library, which is installed only where it is used.

        say(f"the report: {report.write(results, wish.report)}")
    if wish.page is not None:
        from drills.document import write_reliability

        write_reliability(results, wish.page)
    if wish.picture is not None:
        from drills.plots import picture

        first = results.drills[0].name
        picture([one for one in results.drills if one.name == first], wish.picture)


def _again(results: Results, wish: Wish) -> str:
    names = list(dict.fromkeys(result.name for result in results.drills if not result.ok))
    return f"./lab drill {' '.join(names)} --seed {wish.seed}" if names else "./lab drill mutants"
