"""What the terminal shows. Without a terminal behind it the output is plain text, without colours or movement."""

import os
import sys

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.errors import CliError
from cli.language import _, later

PIPED_WIDTH = 200

STATE_STYLES = {
    later("running"): "green",
    later("ready"): "green",
    later("ok"): "green",
    later("starting"): "yellow",
    later("not ready"): "yellow",
    later("stopping"): "yellow",
    later("warn"): "yellow",
    later("stopped"): "dim",
    later("failed"): "red",
    later("fail"): "red",
}


def _console(stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    # A pipe has no width; Rich would fold long lines at 80 and break what people grep for.
    width = None if stream is not None and stream.isatty() else int(os.environ.get("COLUMNS") or PIPED_WIDTH)
    return Console(stderr=stderr, width=width, highlight=False, soft_wrap=False)


out = _console(stderr=False)
err = _console(stderr=True)


def say(line: str) -> None:
    """One line of progress, on the error stream, so that the output proper stays clean for pipes."""
    err.print(line, soft_wrap=True)


def show_error(error: CliError) -> None:
    """The error as people read it: part, what went wrong, what to do next."""
    err.print(f"[bold red]{escape(error.part)}:[/] {escape(str(error))}", soft_wrap=True)
    for line in error.mend.splitlines():
        err.print(f"  → {escape(line)}", soft_wrap=True)


def state(text: str) -> str:
    """The state with the colour that belongs to it, as Rich markup, in the language that is spoken."""
    style = STATE_STYLES.get(text)
    return f"[{style}]{_(text)}[/]" if style else text


def table(*columns: str, title: str | None = None) -> Table:
    """An empty table in the lab's one look; its headings are in the language that is spoken."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        made.add_column(_(column), overflow="fold")
    return made
