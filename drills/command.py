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
from cli.course.told import told
from cli.errors import Failed, WrongUse
from cli.language import REPORTS, _, later
from cli.requirements import install
from drills import campaign, mutants
from drills.catalogue import everything
from drills.drill import Drill
from drills.result import DrillResult, MutantResult, Results, as_json
from drills.run import run
from drills.showing import explain, phases, show_all, show_mutant, show_result
from drills.sides import Side
from drills.stage import Stage, stage

PLANTED = later("planted defects")
ALL = "all"
CI = "ci"
MUTANTS = "mutants"
LIST = later("./lab drill --list shows every drill, and where it can run.")


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
        raise Failed(_("nothing was run, for the reasons above"), part="drill", mend=_(LIST))
    seconds = time.monotonic() - begun
    results = Results(drills, caught, campaign.figures(drills, caught), skipped | left_out, machine, seconds)
    show_all(results)
    _write(results, wish)
    if not results.ok:
        raise Failed(_("something does not hold; see above"), part="drill", mend=_again(results, wish))


def choose(wish: Wish) -> list[Drill]:
    """The drills that were named, those together that need the same preparation; WrongUse for one there is not."""
    if not wish.names:
        raise WrongUse(
            _("no drill was named"), part="drill", mend=_("./lab drill kill-worker runs one.") + f"\n{_(LIST)}"
        )
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
    guess = _("Did you mean {near}?\n", near=" or ".join(near)) if near else ""
    return WrongUse(_("there is no drill called {name!r}", name=name), part="drill", mend=guess + _(LIST))


def _run_drills(
    ready: Stage, chosen: Sequence[Drill], wish: Wish, sides: Sequence[Side]
) -> tuple[list[DrillResult], dict[str, str]]:
    results: list[DrillResult] = []
    skipped: dict[str, str] = {}
    for number, one in enumerate(chosen, 1):
        reason = campaign.impossible(ready, one)
        if reason:
            skipped[one.name] = reason
            say(f"[{number}/{len(chosen)}] {one.name}: [yellow]{_('not run')}[/], {escape(told(reason, REPORTS))}")
            continue
        say(f"[{number}/{len(chosen)}] {one.name}: {escape(_(one.title))} …")
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
        say(f"{_(PLANTED)}: [yellow]{_('not run')}[/], {escape(told(reason, REPORTS))}")
        return [], {PLANTED: reason}
    caught = []
    for number, mutant in enumerate(planted, 1):
        say(f"[{number}/{len(planted)}] {_('planted: {title} …', title=escape(_(mutant.title)))}")
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
        say(_("written: {file}", file=wish.json))
    if wish.report is not None:
        from drills import report  # These need a plotting library, which is installed only where it is used.

        say(_("the report: {file}", file=report.write(results, wish.report)))
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
