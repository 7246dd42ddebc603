"""``./lab drill``: faults on purpose, in a private lab beside the one that people use."""

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from rich.markup import escape

from cli import private
from cli.console import say
from cli.errors import Failed, WrongUse
from cli.requirements import install
from drills import campaign, mutants
from drills.catalogue import everything
from drills.drill import Drill
from drills.result import DrillResult, MutantResult, Results, as_json
from drills.run import run
from drills.showing import explain, phases, show_all, show_mutant, show_result
from drills.sides import Side
from drills.stage import Stage, stage

ALL = "all"
CI = "ci"
MUTANTS = "mutants"
LIST = "./lab drill --list shows every drill, and where it can run."


@dataclass(frozen=True)
class Wish:
    """What to run, and how."""

    names: tuple[str, ...]
    seed: int = 1
    seconds: float | None = None
    to: str = "both"
    docker: bool = False
    shards: int = 1
    report: Path | None = None
    json: Path | None = None
    page: Path | None = None
    """A Markdown page with a place for the figures."""
    picture: Path | None = None
    """Where the first drill is drawn."""


def drill(wish: Wish) -> None:
    """Runs the drills and shows their ledgers; Failed where something does not hold."""
    chosen = choose(wish)
    planted = mutants.everything() if {ALL, MUTANTS} & set(wish.names) else []
    if wish.report or wish.page or wish.picture:
        install("drills/requirements.txt")
    begun = time.monotonic()
    with private.termination_is_ctrl_c(), stage(wish.docker, shards=wish.shards) as ready:
        sides = [side for side in ready.sides if wish.to in {"both", side.name}]
        if len(chosen) == 1:
            explain(chosen[0])
        drills, skipped = _run_drills(ready, chosen, wish, sides)
        caught, left_out = _run_mutants(ready, planted, wish, sides)
        machine = campaign.machine(ready)
    if not (drills or caught):
        raise Failed("nothing was run, for the reasons above", part="drill", mend=LIST)
    seconds = time.monotonic() - begun
    results = Results(drills, caught, campaign.figures(drills, caught), skipped | left_out, machine, seconds)
    show_all(results)
    _write(results, wish)
    if not results.ok:
        raise Failed("something does not hold; see above", part="drill", mend=_again(results, wish))


def choose(wish: Wish) -> list[Drill]:
    """The drills that were named, those together that need the same preparation; WrongUse for one there is not."""
    if not wish.names:
        raise WrongUse("no drill was named", part="drill", mend=f"./lab drill kill-worker runs one.\n{LIST}")
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
            raise _unknown(name, known)
    return campaign.in_order(found)


def _unknown(name: str, known: Iterable[str]) -> WrongUse:
    near = get_close_matches(name, [*known, ALL, CI, MUTANTS])
    guess = f"Did you mean {' or '.join(near)}?\n" if near else ""
    return WrongUse(f"there is no drill called {name!r}", part="drill", mend=guess + LIST)


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
        with phases(one.name) as tell:
            found = run(ready, one, wish.seed, wish.seconds, sides, tell)
        results += found
        for result in found:
            show_result(result)
    return results, skipped


def _run_mutants(
    ready: Stage, planted: Sequence[mutants.Mutant], wish: Wish, sides: Sequence[Side]
) -> tuple[list[MutantResult], dict[str, str]]:
    reason = mutants.impossible(ready)
    if planted and reason:
        say(f"planted defects: [yellow]not run[/], {escape(reason)}")
        return [], {"planted defects": reason}
    caught = []
    for number, mutant in enumerate(planted, 1):
        say(f"[{number}/{len(planted)}] planted: {escape(mutant.title)} …")
        with phases(f"{mutant.name}, {mutant.drill}") as tell:
            found = mutants.hunt(ready, mutant, sides, wish.seed, tell)
        caught += found
        for one in found:
            show_mutant(one)
    return caught, {}


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
