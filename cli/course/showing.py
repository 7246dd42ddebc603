"""What a check has found, on the terminal or for scripts; and a lesson's text as a terminal shows it best."""

import json
import re
import textwrap
from collections.abc import Iterator
from dataclasses import asdict

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Markdown, TableElement
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cli.console import out
from cli.course.lesson import Lesson
from cli.course.told import told
from cli.language import _
from lessons.kit.steps import Finding

SIGNS = {"passed": "[green]✓[/]", "not yet": "[red]✗[/]", "not reached": "[dim]·[/]"}
FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<block>.*?)^```$", re.MULTILINE | re.DOTALL)
TYPED = ("$ ", "> ")
WIDTH = 110
"""Wider lines are hard to read."""
NAMES = 9
MARGIN = 6


def findings(_lesson: Lesson, found: list[Finding]) -> None:
    """For people."""
    for one in found:
        out.print(f"  {SIGNS[one.state]} {escape(told(one.sentence))}", soft_wrap=True)
        for name, text in ((_("expected"), one.expected), (_("seen"), one.seen), (_("now"), one.hop)):
            for number, line in enumerate(_folded(told(text), MARGIN + NAMES)):
                out.print(f"      [dim]{name if not number else '':<{NAMES}}[/]{escape(line)}", soft_wrap=True)


def _folded(text: str, margin: int) -> Iterator[str]:
    """The lines, on a terminal no wider than it is; a pipe gets them as they are."""
    for line in text.splitlines():
        width = out.width - margin
        yield from textwrap.wrap(line, width) or [""] if out.is_terminal and width > margin else [line]


def paragraph(lead: str, text: str) -> None:
    """A text with something in front of it, folded between words."""
    first, *rest = list(_folded(text, len(lead))) or [""]
    out.print(f"[bold]{escape(lead)}[/]{escape(first)}", soft_wrap=True)
    for line in rest:
        out.print(" " * len(lead) + escape(line), soft_wrap=True)


def as_json(lesson: Lesson, found: list[Finding] | None, reason: str = "") -> None:
    """For scripts, in English: one line a check. ``passed`` is null where nothing could be checked, for that reason."""
    made: dict[str, object] = {"lesson": lesson.name, "passed": found[-1].state == "passed" if found else None}
    made |= {"reason": reason} if found is None else {"steps": list(map(asdict, found))}
    out.out(json.dumps(made, ensure_ascii=False), highlight=False)


def page(text: str) -> None:
    """A lesson's text. What is typed is never broken: the terminal folds it, and copies it in one piece."""
    end = 0
    for match in FENCE.finditer(text):
        _prose(text[end : match.start()])
        for line in match["block"].splitlines():
            out.print(Text(line, style="bold cyan" if line.startswith(TYPED) else "dim"), soft_wrap=True)
        end = match.end()
    _prose(text[end:])


def _prose(text: str) -> None:
    out.print(_Page(text), width=min(out.width, WIDTH))
    out.print()


class _Folding(TableElement):
    """A table that folds a word that is too long; Rich would cut it off."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for made in super().__rich_console__(console, options):
            for column in made.columns if isinstance(made, Table) else []:
                column.overflow = "fold"
            yield made


class _Page(Markdown):
    elements = {**Markdown.elements, "table_open": _Folding}  # noqa: RUF012  As Rich has it.
