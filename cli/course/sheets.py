"""Tables as text that other programs read: CSV for a spreadsheet, Markdown for a page."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.markup import escape

from cli.console import out, say
from cli.errors import Failed
from cli.language import _

FORMULA = ("=", "+", "-", "@", "\t")
"""A spreadsheet would compute what begins so, and some of what is told here was written by students."""


def as_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """With a head; a value that looks like a formula stays text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([head, *([_plain(str(value)) for value in row] for row in rows)])
    return text.getvalue()


def _plain(value: str) -> str:
    return f"'{value}" if value.startswith(FORMULA) else value


def as_markdown(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """One line a row, whatever stands in it."""
    lines = [head, ["---"] * len(head), *([_cell(str(value)) for value in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(value: str) -> str:
    return " ".join(value.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def put(text: str, file: Path | None) -> None:
    """Into the file, or on the terminal as it is; Failed where the file cannot be written."""
    if file is None:
        out.out(text, end="", highlight=False)
        return
    try:
        file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise Failed(_("{file} cannot be written: {error}").format(file=file, error=error), part="report") from error
    say(_("written: {file}").format(file=escape(str(file))))
