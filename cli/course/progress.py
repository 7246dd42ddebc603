"""What a student has passed: one readable file with one line a lesson, so that two copies of it merge well."""

import json
import re
import tomllib
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.errors import Broken
from cli.language import _

FILE = "progress.toml"
HEAD = "# What has been passed, and how. Written by ./lab check and ./lab hint; docs/teaching.md says what it tells.\n"
DAY = re.compile(r"(\d{4}-\d\d-\d\d)?")
MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)?")
SHAPES = {"passed": DAY, "seen": MOMENT}


@dataclass(frozen=True)
class Mark:
    """How far a student is with one lesson."""

    passed: str = ""
    """The day; empty before."""
    digest: str = ""
    """Of the lesson as it was passed."""
    hints: int = 0
    """How many were read."""
    attempts: int = 0
    """How often it was checked until it was passed. What could not be judged is no attempt."""
    seen: str = ""
    """When it was last checked or a hint of it read, in UTC."""
    student: str = ""
    """Whose check it was that passed."""
    seed: str = ""
    """The word that only this student's check of this lesson has."""
    answer: str = ""
    """Of the student's files as they were, see answer.py."""
    lines: int = 0
    """How many of their lines the starter does not have."""


def read(file: Path) -> dict[str, Mark]:
    """The marks by lesson; none where there is no file. Broken where it cannot be read."""
    if not file.exists():
        return {}
    try:
        return parsed(file.read_text(encoding="utf-8"))
    except ValueError as error:
        mend = _("Mend the line, or delete the file: ./lab check passes again what is right.")
        what = _("{file} cannot be read: {error}").format(file=file, error=error)
        raise Broken(what, part="progress", mend=mend) from error


def parsed(text: str) -> dict[str, Mark]:
    """The marks that a text holds; ValueError, with the reason, where it is no such text."""
    try:
        return {name: _mark(name, told) for name, told in tomllib.loads(text).items()}
    except RecursionError as error:
        raise ValueError(_("it is nested too deeply")) from error


def _mark(name: str, told: Any) -> Mark:
    try:
        made = Mark(**told)
    except TypeError as error:
        raise ValueError(f"{name!r}: {error}") from error
    wrong = [one.name for one in fields(made) if not _fits(one.name, getattr(made, one.name), one.default)]
    if wrong:
        raise ValueError(
            _("{name!r}: {member} cannot be {value!r}", name=name, member=wrong[0], value=getattr(made, wrong[0]))
        )
    return made


def _fits(name: str, value: Any, like: Any) -> bool:
    """People may write into the file; what is read from it is shown to others."""
    if isinstance(like, int):
        return type(value) is int and value >= 0
    return (
        isinstance(value, str) and value.isprintable() and (name not in SHAPES or bool(SHAPES[name].fullmatch(value)))
    )


def moment() -> str:
    """Now, as a mark holds it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write(marks: dict[str, Mark], file: Path) -> None:
    """Writes all of them, so that a reader sees either the old or the new file."""
    lines = [f"{json.dumps(name)} = {_line(mark)}\n" for name, mark in sorted(marks.items())]
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.write_text(HEAD + "".join(lines), encoding="utf-8")
    fresh.replace(file)


def _line(mark: Mark) -> str:
    told = [f"{name} = {json.dumps(value)}" for name, value in asdict(mark).items() if value]
    return "{ " + ", ".join(told) + " }" if told else "{}"


def note(file: Path, name: str, **changes: object) -> Mark:
    """Changes one lesson's mark and leaves the others."""
    marks = read(file)
    marks[name] = replace(marks.get(name, Mark()), **changes)  # type: ignore[arg-type]
    write(marks, file)
    return marks[name]
