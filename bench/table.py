"""What a run has found, as tables for the terminal."""

from collections.abc import Sequence
from itertools import groupby

from rich.markup import escape
from rich.table import Table

from bench.measure import Results, Series
from cli.console import table
from cli.language import _

HIDDEN = ("CPU of", "RSS of")
"""Measures that are written to the file, and shown by their sum."""


def tables(results: Results) -> list[Table]:
    """One a part, and the figures."""
    parts = [_part(name, list(found)) for name, found in groupby(results.series, lambda one: one.part)]
    return [*parts, _figures(results)] if results.figures else parts


def _part(name: str, series: Sequence[Series]) -> Table:
    made = table("case", "candidate", "at", "measure", "median", "spread", "", title=f"\n{name}")
    for one in series:
        if not one.measure.startswith(HIDDEN):
            at = f"{one.at:,.0f} {one.axis}"
            made.add_row(
                escape(one.case), one.candidate, at, one.measure, _number(one.median), f"{one.spread:.0%}", one.unit
            )
    return made


def _figures(results: Results) -> Table:
    made = table("figure", "value", "goal", "", title=_("\nfigures: ratios within this run"))
    for one in results.figures:
        made.add_row(
            one.name,
            f"{one.value:.2f}",
            one.goal,
            f"[green]{_('ok')}[/]" if one.ok else f"[bold red]{_('not reached')}[/]",
        )
    return made


def _number(value: float) -> str:
    """Three digits that count."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
