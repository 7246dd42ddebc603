"""``--help``, and what is said of a command that is typed wrong, in the language that is spoken."""

from copy import copy
from typing import Any

from typer import rich_utils
from typer.core import TyperGroup

from cli import language
from cli.course.told import told
from cli.language import ENGLISH, REPORTS, _, later

USAGE = later("Usage: ")
HELP = later("Show this message and exit.")
PANELS = {
    "ARGUMENTS_PANEL_TITLE": later("Arguments"),
    "OPTIONS_PANEL_TITLE": later("Options"),
    "COMMANDS_PANEL_TITLE": later("Commands"),
    "ERRORS_PANEL_TITLE": later("Error"),
    "ABORTED_TEXT": later("Aborted."),
    "DEFAULT_STRING": later("[default: {}]"),
    "REQUIRED_LONG_STRING": later("[required]"),
    "RICH_HELP": later("Try [blue]'{command_path} {help_option}'[/] for help."),
}
"""The names that Typer has for its own words; they are looked up whenever something is shown."""


def typed_wrong(*gaps: str) -> list[str]:
    """What Typer says of it. Nobody calls this: the sentences stand here to be translated."""
    one, other = gaps
    return [
        f"No such command {one}",
        f"No such option: {one}",
        f"{one}. Did you mean {other}?",
        f"Missing argument {one}.",
        f"Missing option {one}.",
        f"Got unexpected extra argument(s) ({one})",
        f"Option {one} requires an argument.",
        f"Option {one} does not take a value.",
        f"Invalid value for {one}: {other}",
        f"{one} is not a valid integer.",
        f"{one} is not in the range {other}.",
        f"{one} is not one of {other}.",
    ]


class Speaking(TyperGroup):
    """A group of commands whose help is in the language that was asked for."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, translated."""
        return translated(super().get_command(ctx, cmd_name))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The group's own help, translated."""
        TyperGroup.format_help(translated(self), ctx, formatter)

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Runs it; whatever Typer itself says is translated as well."""
        shown = rich_utils.rich_format_error
        try:
            rich_utils.rich_format_error = lambda self: shown(_translated_error(self))
            return super().main(*arguments, **options)
        finally:
            rich_utils.rich_format_error = shown


def translated(command: Any) -> Any:
    """The command with the help of itself and its options in that language; the command itself is left as it is."""
    for name, text in PANELS.items():
        setattr(rich_utils, name, _(text))
    if command is None or language.spoken() == ENGLISH:
        return command
    made = copy(command)
    made.help = _(made.help) if made.help else made.help
    made.params = [_param(one) for one in made.params]
    made.get_help_option = lambda ctx: _param(command.get_help_option(ctx))
    made.format_usage = lambda ctx, formatter: formatter.write_usage(
        ctx.command_path, " ".join(command.collect_usage_pieces(ctx)), _(USAGE)
    )
    return made


def _param(param: Any) -> Any:
    text = getattr(param, "help", None)
    if not text:
        return param
    made = copy(param)
    made.help = _(text)
    return made


def _translated_error(error: Any) -> Any:
    said = error.format_message()
    error.format_message = lambda: told(said, REPORTS)
    return error
