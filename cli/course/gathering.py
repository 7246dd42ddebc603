"""Many students' progress files, found in many folders, whatever else is there."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from cli.course import progress
from cli.course.progress import FILE
from cli.course.sameness import Student
from cli.errors import WrongUse
from cli.language import _

WORK = "work"
KEPT = "kept"
"""What ./lab keeps of students' files, beside them."""
LARGEST = 1_000_000
"""Bytes. A progress file has a few thousand."""


@dataclass(frozen=True)
class Found:
    """A student, or why there is nothing to be said of them."""

    name: str
    student: Student | None = None
    problem: str = ""


def gather(folder: Path, lessons: Collection[str]) -> list[Found]:
    """Everybody in the folder, by name; WrongUse where there is nobody."""
    if not folder.is_dir():
        raise WrongUse(_("there is no folder {folder}").format(folder=folder), part="class")
    inside = [one for one in sorted(folder.iterdir()) if _may_be_a_student(one, lessons)]
    found = [one for own in inside for one in _in(own)]
    if not found:
        mend = _("It holds a folder each student: a checkout, or progress.toml alone.")
        raise WrongUse(_("there is no student in {folder}").format(folder=folder), part="class", mend=mend)
    return found


def _may_be_a_student(folder: Path, lessons: Collection[str]) -> bool:
    return folder.is_dir() and not folder.name.startswith(".") and folder.name not in {*lessons, KEPT}


def _in(folder: Path) -> Iterator[Found]:
    """A checkout's student, or students; also a bare file."""
    try:
        direct = [file for file in (folder / WORK / FILE, folder / FILE) if _is_there(file)][:1]
        named = [file for file in sorted((folder / WORK).glob(f"*/{FILE}")) if file.parent.name != KEPT]
    except OSError as error:
        yield Found(folder.name, problem=_said(error))
        return
    alone = len(direct) + len(named) == 1
    yield from (_read(file, folder, folder.name, folder.name, certain=False) for file in direct)
    for file in named:
        own = file.parent.name
        yield _read(file, folder, folder.name if alone else f"{folder.name}/{own}", own, certain=True)
    if not direct and not named:
        yield Found(folder.name, problem=_("no {file}: nothing was checked here").format(file=FILE))


def _is_there(file: Path) -> bool:
    return file.is_symlink() or file.exists()


def _read(file: Path, folder: Path, name: str, own: str, *, certain: bool) -> Found:
    try:
        if not file.is_file() or file.is_symlink() or file.stat().st_size > LARGEST:
            raise ValueError(_("it is no file that ./lab has written"))
        marks = progress.parsed(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return Found(name, problem=f"{file.relative_to(folder).as_posix()}: {_said(error)}")
    return Found(name, Student(name, own, certain, marks))


def _said(error: Exception) -> str:
    return printable((error.strerror if isinstance(error, OSError) else "") or str(error))


def printable(text: str) -> str:
    """On one line, without what would move a terminal's cursor."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
