"""What stands between a command and the person: exit codes, errors in words, no stack traces."""

import os
import traceback
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import typer

from cli import helping
from cli.console import err, show_error
from cli.errors import CliError, WrongUse
from cli.language import _
from cli.stack import Way

INTERRUPTED = 1
FAILED = 1


class Guarded(helping.Speaking):
    """Turns every error into words and an exit code, and speaks the language that was asked for."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except typer.Exit:
            raise
        except CliError as error:
            show_error(error)
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as error:
            err.print(_("\nstopped by Ctrl-C"))
            raise typer.Exit(INTERRUPTED) from error
        except BrokenPipeError as error:
            _silence_pipe()
            raise typer.Exit(FAILED) from error
        except (OSError, ValueError, LookupError, ArithmeticError, AttributeError, TypeError, RuntimeError) as error:
            if os.environ.get("LAB_DEBUG"):
                traceback.print_exc()
            show_error(CliError(f"{type(error).__name__}: {error}", mend=_for_unexpected()))
            raise typer.Exit(FAILED) from error


def _for_unexpected() -> str:
    return _("This is a fault of the command line itself. LAB_DEBUG=1 before the command shows where.\n./lab doctor")


def _silence_pipe() -> None:
    """The reader went away (``./lab logs | head``); Python must not complain about it while it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def one_of(*, docker: bool, native: bool) -> Way | None:
    """The way that was asked for, if one was."""
    if docker and native:
        raise WrongUse(_("--docker and --native exclude each other"), mend=_("Give one of them, or none."))
    return "docker" if docker else "native" if native else None


def split_at_dashes(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """What stands before the first ``--``, and what stands behind it."""
    own = list(takewhile(lambda word: word != "--", arguments))
    return own, list(arguments[len(own) + 1 :])
