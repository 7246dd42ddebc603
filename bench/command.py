"""``./lab bench``: measures in a private lab beside the one that people use, and says what it has found."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench import wrk
from bench.book import Bench, Wish
from bench.figures import figures
from bench.measure import Results, as_json, from_json, onto
from bench.parts import (
    board,
    choices,
    classroom,
    drain,
    end_to_end,
    growth,
    http,
    peers,
    scale,
    tracing,
    watch,
    work,
)
from bench.parts.drain import put_back
from bench.rest import settle
from bench.stage import opened
from bench.table import tables
from cli import private
from cli.config import load
from cli.console import out, say
from cli.course.told import told
from cli.errors import Failed, WrongUse
from cli.language import REPORTS, _
from cli.requirements import install
from drills.campaign import machine
from drills.run import BREAKS

PARTS: dict[str, Callable[[Bench], None]] = {
    http.PART: http.measure,
    end_to_end.PART: end_to_end.measure,
    drain.PART: drain.measure,
    work.PART: work.measure,
    classroom.PART: classroom.measure,
    peers.PART: peers.measure,
    choices.PART: choices.measure,
    tracing.PART: tracing.measure,
    watch.PART: watch.measure,
    scale.PART: scale.measure,
    board.PART: board.measure,
    growth.PART: growth.measure,
}
QUICK = Wish(rounds=1, seconds=1, size=0.02)


@dataclass(frozen=True)
class Order:
    """What to measure, how, and where to write it."""

    parts: tuple[str, ...] = ()
    wish: Wish = field(default_factory=Wish)
    json: Path | None = None
    plot: Path | None = None
    page: Path | None = None
    """A Markdown page with places for tables and figures."""
    onto: Path | None = None
    """What an earlier run has written as JSON: the parts that are not measured now stay as they are there."""


def bench(order: Order) -> None:
    """Measures the parts one after the other; Failed where a figure does not reach its goal."""
    chosen = choose(order.parts)
    if order.plot or order.page:
        install("drills/requirements.txt")
    wrk.ensure()
    earlier = None if order.onto is None else _earlier(order.onto)
    with private.termination_is_ctrl_c():
        results = measure(chosen, order.wish)
    if earlier is not None:
        both = onto(earlier, results)
        results = replace(both, figures=figures(both.series))
    for each in tables(results):
        out.print(each)
    for note in results.notes:
        say(f"[yellow]{_('note:')}[/] {told(note, REPORTS)}")
    _write(results, order)
    if results.broken:
        what = _("not measured to the end: {parts}; the notes above say why", parts=", ".join(results.broken))
        raise Failed(what, part="bench", mend=f"./lab bench {' '.join(results.broken)}")
    missed = [figure.name for figure in results.figures if not figure.ok]
    if missed and order.wish.size >= 1:
        raise Failed(
            _("not reached: {figures}", figures="; ".join(missed)),
            part="bench",
            mend=_("docs/performance.md says how to read it."),
        )


def for_lesson(parts: tuple[str, ...], wish: Wish, into: Path | None) -> None:
    """Measures what lesson 10 asks about, on the lab that runs; WrongUse for another part than that."""
    if parts != (work.PART,):
        what, mend = "--lesson measures the part work only", f"./lab bench {work.PART} --lesson"
        raise WrongUse(what, part="bench", mend=mend)
    from bench.experiment import experiment  # It needs the course, which the other parts do without.

    experiment(load(), wish, into)


def choose(names: tuple[str, ...]) -> list[str]:
    """The parts that were named, by default all, in their own order; WrongUse for one there is not."""
    for name in names:
        if name not in PARTS:
            mend = _("Parts: {parts}", parts=", ".join(PARTS))
            raise WrongUse(_("the bench has no part called {name!r}", name=name), part="bench", mend=mend)
    return [name for name in PARTS if name in (names or tuple(PARTS))]


def measure(parts: list[str], wish: Wish) -> Results:
    """Everything that these parts measure, on one stack."""
    begun = time.monotonic()
    with opened() as stage:
        now = ""

        def tell(line: str) -> None:
            say(f"[dim]{time.monotonic() - begun:6.0f} {_('s')}[/]  {now}: {line}")

        made = Bench(stage, wish, tell)
        if wish.size < 1:
            made.notes.append(f"a look, and no evidence: backlogs and collections have {wish.size:.1%} of their size")
        for now in parts:
            _measure(made, now)
        about = machine(stage)
    series = made.book.series()
    return Results(series, figures(series), about, time.monotonic() - begun, made.notes, made.broken)


def _measure(bench: Bench, part: str) -> None:
    """What breaks one part off is noted, and the others are measured all the same."""
    try:
        put_back(bench)
        settle(bench)
        PARTS[part](bench)
    except BREAKS as error:
        bench.broken.append(part)
        bench.notes.append(f"{part} broke off: {type(error).__name__}: {error}")
        bench.tell(bench.notes[-1])


def _earlier(file: Path) -> Results:
    """What an earlier run has written; WrongUse where it cannot be read, before anything is measured."""
    try:
        return from_json(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = _("{file} holds no run of the bench: {error}", file=file, error=f"{type(error).__name__}: {error}")
        raise WrongUse(what, part="bench", mend="./lab bench --json FILE") from error


def _write(results: Results, order: Order) -> None:
    if order.json is not None:
        order.json.parent.mkdir(parents=True, exist_ok=True)
        order.json.write_text(json.dumps(as_json(results), indent=1) + "\n", encoding="utf-8")
        say(_("written: {file}", file=order.json))
    if order.plot is not None:
        from bench.plots import draw  # It needs a plotting library, which is installed only where it is used.

        for path in draw(results, order.plot):
            say(_("drawn: {file}", file=path))
    if order.page is not None:
        from bench.document import write_performance
        from bench.scaling import write_scale

        write = write_scale if order.parts == (scale.PART,) else write_performance
        write(results, order.page, order.plot or order.page.parent)
