"""``--help`` in the language that is spoken."""

from copy import copy
from typing import Any

from typer.core import TyperGroup

from cli import language
from cli.language import ENGLISH, _


class Speaking(TyperGroup):
    """A group of commands whose help is in the language that was asked for."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, translated."""
        return translated(super().get_command(ctx, cmd_name))


def translated(command: Any) -> Any:
    """The command with the help of itself and its options in that language; the command itself is left as it is."""
    if command is None or language.spoken() == ENGLISH:
        return command
    made = copy(command)
    made.help = _(made.help) if made.help else made.help
    made.params = [_param(one) for one in made.params]
    return made


def _param(param: Any) -> Any:
    text = getattr(param, "help", None)
    if not text:
        return param
    made = copy(param)
    made.help = _(text)
    return made
