"""Who learns, where they are, and what they have passed."""

import getpass
import os
import re
from dataclasses import dataclass
from pathlib import Path

from cli import memory
from cli.config import ROOT, Lab
from cli.course import progress
from cli.course.lesson import Lesson, find, lessons
from cli.errors import Broken, WrongUse

STUDENT = "LAB_STUDENT"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@dataclass(frozen=True)
class Course:
    """All lessons, and one student's way through them."""

    lessons: list[Lesson]
    marks: dict[str, progress.Mark]
    student: str
    home: Path
    """Where the student's files are."""
    opened: str
    """The lesson that was last shown or begun; empty before the first."""

    def is_passed(self, lesson: Lesson) -> bool:
        """Whether it was passed as it is now; one that has changed since does not count, and is not forgotten."""
        mark = self.marks.get(lesson.name, progress.Mark())
        return bool(mark.passed) and mark.digest == lesson.digest

    def has_changed(self, lesson: Lesson) -> bool:
        """Whether it was passed before it was changed."""
        return bool(self.marks.get(lesson.name, progress.Mark()).passed) and not self.is_passed(lesson)

    def note(self, lesson: Lesson, **changes: object) -> None:
        """Changes this lesson's mark in the student's file."""
        progress.note(self.home / progress.FILE, lesson.name, **changes)

    @property
    def now(self) -> Lesson:
        """The lesson that a command without a number means: the one last opened, else the first not passed."""
        opened = next((one for one in self.lessons if one.name == self.opened), None)
        return opened or self.next or self.lessons[-1]

    @property
    def next(self) -> Lesson | None:
        """The first that is not passed; None at the end."""
        return next((one for one in self.lessons if not self.is_passed(one)), None)

    def find(self, wished: str | None) -> Lesson:
        """The lesson meant."""
        return self.now if wished is None else find(wished, self.lessons, self.now)


def load(lab: Lab) -> Course:
    """The course as this student stands in it; Broken where there is no lesson."""
    found = lessons()
    if not found:
        raise Broken("there is no lesson in lessons/", part="course", mend="git checkout -- lessons")
    folder = home(lab)
    marks = progress.read(folder / progress.FILE)
    return Course(found, marks, student(), folder, memory.recall(lab.state).opened)


def home(lab: Lab) -> Path:
    """Where the student's files are: in the checkout; those of a private lab in that lab's own folder."""
    return ROOT / "work" if lab.state == ROOT / ".lab" else lab.state / "work"


def open_(lab: Lab, lesson: Lesson) -> None:
    """Commands without a number mean this lesson from now on."""
    known = memory.recall(lab.state)
    known.opened = lesson.name
    memory.remember(lab.state, known)


def student() -> str:
    """Who learns, as LAB_STUDENT says or else as the computer knows them; WrongUse for a name that cannot be used."""
    given = os.environ.get(STUDENT, "")
    if given and not NAME.fullmatch(given):
        what = f"{STUDENT}={given!r} cannot be a name here"
        raise WrongUse(what, part="course", mend="Use up to 32 lower-case letters, digits and hyphens: LAB_STUDENT=ada")
    return given or re.sub(r"[^a-z0-9-]+", "-", getpass.getuser().lower()).strip("-")[:32] or "student"
