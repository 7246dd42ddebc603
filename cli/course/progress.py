"""What a student has passed: one readable file with one line a lesson, so that two copies of it merge well."""

import json
import tomllib
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cli.errors import Broken
from cli.language import _

FILE = "progress.toml"
HEAD = "# What has been passed, and how many hints were read. Written by ./lab check and ./lab hint.\n"


@dataclass(frozen=True)
class Mark:
    """How far a student is with one lesson."""

    passed: str = ""
    """The day; empty before."""
    digest: str = ""
    """Of the lesson as it was passed."""
    hints: int = 0
    """How many were read."""


def read(file: Path) -> dict[str, Mark]:
    """The marks by lesson; none where there is no file. Broken where it cannot be read."""
    if not file.exists():
        return {}
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
        return {name: Mark(**mark) for name, mark in told.items()}
    except (ValueError, TypeError) as error:
        mend = _("Mend the line, or delete the file: ./lab check passes again what is right.")
        what = _("{file} cannot be read: {error}").format(file=file, error=error)
        raise Broken(what, part="progress", mend=mend) from error


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
