"""The commands of the course."""

from pathlib import Path
from typing import Annotated

import typer

from cli import language
from cli.config import load
from cli.course import author, checking, collecting, moving, reading, reporting
from cli.course.lesson import SOLUTION, STARTER
from cli.errors import WrongUse
from cli.helping import Speaking
from cli.language import _

Wished = Annotated[str | None, typer.Argument(metavar="[NN]", help="A lesson's number; the present one otherwise.")]
Number = Annotated[str, typer.Argument(metavar="NN", help="A lesson's number.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def task(
    lesson: Annotated[
        str | None, typer.Argument(metavar="[NN|+1|-1]", help="Number, the next, the one before.")
    ] = None,
    answers: Annotated[bool, typer.Option("--answers", help="With the answers to its questions.")] = False,
) -> None:
    """Show a lesson, and put its files into work/."""
    reading.task(load(), lesson, answers)


def check(
    lesson: Wished = None,
    watch: Annotated[bool, typer.Option("--watch", help="Again at each change of your files, until Ctrl-C.")] = False,
    previous: Annotated[bool, typer.Option("--previous", help="Everything that you have passed.")] = False,
    repeat: Annotated[int, typer.Option("--repeat", min=1, help="So many times, with other words each time.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Say what your work does already, and what not yet. 0 passed, 1 not yet, 3 the lab is not well."""
    with language.for_programs(as_json):
        checking.check(load(), checking.Wish(lesson, watch, previous, repeat, as_json))


def hint(lesson: Wished = None) -> None:
    """Show the next of three hints."""
    reading.hint(load(), lesson)


def progress() -> None:
    """Show every lesson and what you have passed."""
    reading.overview(load())


def reset(lesson: Number, yes: Yes = False) -> None:
    """Begin a lesson anew. Your files are kept in git first."""
    moving.go(load(), lesson, STARTER, yes)


def goto(
    lesson: Number,
    point: Annotated[str, typer.Argument(metavar="start|solution", help="Its beginning or its end.")],
    yes: Yes = False,
) -> None:
    """Go to the beginning or the end of a lesson: files, queues and data. Your files are kept in git first."""
    parts = {"start": STARTER, "solution": SOLUTION}
    if point not in parts:
        raise WrongUse(
            _("{point!r} is neither start nor solution", point=point), part="goto", mend="./lab goto 04 start"
        )
    moving.go(load(), lesson, parts[point], yes)


def run(context: typer.Context, file: Annotated[str, typer.Argument(help="In your folder of the lesson.")]) -> None:
    """Run a program of yours, on your own queue and collection."""
    raise typer.Exit(moving.run(load(), file, context.args))


def solve(lesson: Wished = None) -> None:
    """Show our answer beside yours, once yours has passed."""
    reading.solve(load(), lesson)


def report(
    form: Annotated[reporting.Format, typer.Option("--format", help="As what.")] = reporting.Format.markdown,
    file: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it here.")] = None,
) -> None:
    """Tell what you have passed, for your teacher and for programs."""
    reporting.report(load(), form, file)


classes = typer.Typer(cls=Speaking, help="For the teacher of a class.", no_args_is_help=True)


@classes.command("collect")
def class_collect(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Holds a checkout or a progress.toml each student.")],
    form: Annotated[collecting.Format, typer.Option("--format", help="As what.")] = collecting.Format.table,
) -> None:
    """Make one table of many students: lesson by lesson, attempts, hints, last seen, and what is alike."""
    collecting.collect(folder, form)


authors = typer.Typer(cls=Speaking, help="For whoever writes a lesson.", no_args_is_help=True)


@authors.command("check")
def author_check(lesson: Annotated[str | None, typer.Argument(metavar="[NN]", help="Only this one.")] = None) -> None:
    """Prove that each answer of a lesson gets the words meant for it."""
    author.check(load(), lesson)


@authors.command("index")
def author_index() -> None:
    """Write the list of lessons into lessons/README.md and its translations."""
    author.write_index(load())


@authors.command("translated")
def author_translated(
    lesson: Number, to: Annotated[str, typer.Option("--to", help="The language of the translation.")] = "ru"
) -> None:
    """Say that a lesson's translation and the lesson agree."""
    author.translated(load(), lesson, to)


@authors.command("catalogues")
def author_catalogues() -> None:
    """Put what is said newly into the catalogues of cli/locale/, and take out what is said no longer."""
    author.catalogues()


COMMANDS = (task, check, hint, progress, reset, goto, solve, report)
WITH_MINUS_ONE = {"ignore_unknown_options": True}
"""Else -1 would be taken for an option."""
PASSES_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False}


def register(app: typer.Typer) -> None:
    """The commands of the course among those of the lab."""
    for command in COMMANDS:
        app.command(context_settings=WITH_MINUS_ONE if command is task else {})(command)
    app.command(context_settings=PASSES_ON)(run)
    app.add_typer(classes, name="class")
    app.add_typer(authors, name="author")
