"""Who learns, where they are, and what they have passed."""

import getpass
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.config import ROOT, Lab
from cli.course import answer, progress, work
from cli.course.lesson import STARTER, Lesson, find, lessons
from cli.errors import Broken, WrongUse
from cli.language import _
from lessons.kit.place import Place

STUDENT = "LAB_STUDENT"
OPENED = "opened"
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
        return self.was_passed(lesson) and self.mark(lesson).digest == lesson.digest

    def was_passed(self, lesson: Lesson) -> bool:
        """Whether it was passed, as it is now or as it was then."""
        return bool(self.mark(lesson).passed)

    def has_changed(self, lesson: Lesson) -> bool:
        """Whether it was passed before it was changed."""
        return self.was_passed(lesson) and not self.is_passed(lesson)

    def mark(self, lesson: Lesson) -> progress.Mark:
        """How far this student is with it."""
        return self.marks.get(lesson.name, progress.Mark())

    def note(self, lesson: Lesson, **changes: object) -> None:
        """Changes this lesson's mark, here and in the student's file."""
        seen = {"seen": progress.moment()}
        self.marks[lesson.name] = progress.note(self.home / progress.FILE, lesson.name, **seen, **changes)

    def note_attempt(self, lesson: Lesson) -> None:
        """It was checked once more. Whatever is checked after it was passed is no attempt to pass it."""
        if not self.was_passed(lesson):
            self.note(lesson, attempts=self.mark(lesson).attempts + 1)

    def note_pass(self, lesson: Lesson) -> None:
        """It is passed from now on: as the lesson is now, with what the student's files are, by whose check."""
        own = answer.of(answer.files(work.place(lesson, self.home)), lesson.part(STARTER))
        self.note(
            lesson, passed=progress.moment()[:10], digest=lesson.digest, student=self.student,
            seed=seed(self.student, lesson), answer=own.digest, lines=own.lines,
        )  # fmt: skip

    def place(self, lab: Lab, lesson: Lesson, addresses: Mapping[str, object], attempt: int = 0) -> Place:
        """Where this student's answer to a lesson is tried."""
        scratch = _folder(lab) / lesson.name
        return Place(self.student, lesson.number, work.place(lesson, self.home), scratch, addresses, attempt)

    @property
    def now(self) -> Lesson:
        """The lesson that a command without a number means: the one last opened, else the first never passed."""
        opened = next((one for one in self.lessons if one.name == self.opened), None)
        return opened or self.next or self.lessons[-1]

    @property
    def next(self) -> Lesson | None:
        """The first that was never passed; None at the end."""
        return next((one for one in self.lessons if not self.was_passed(one)), None)

    def find(self, wished: str | None) -> Lesson:
        """The lesson meant."""
        return self.now if wished is None else find(wished, self.lessons, self.now)


def seed(student: str, lesson: Lesson) -> str:
    """What the chance of that student's check of a lesson begins with: nobody else's does."""
    return Place(student, lesson.number, Path(), Path(), {}).word


def load(lab: Lab) -> Course:
    """The course as this student stands in it; Broken where there is no lesson."""
    found = lessons()
    if not found:
        raise Broken(_("there is no lesson in lessons/"), part="course", mend="git checkout -- lessons")
    folder = home(lab)
    marks = progress.read(folder / progress.FILE)
    opened = _folder(lab) / OPENED
    return Course(found, marks, student(), folder, opened.read_text(encoding="utf-8") if opened.exists() else "")


def home(lab: Lab) -> Path:
    """Where the student's files are: in the checkout; those of a private lab in that lab's own folder.

    Several students may share a checkout: who is named has a folder of their own.
    """
    folder = ROOT / "work" if lab.state == ROOT / ".lab" else lab.state / "work"
    return folder / student() if os.environ.get(STUDENT) else folder


def shown(folder: Path) -> str:
    """A student's folder as it is typed in the checkout."""
    return folder.relative_to(ROOT).as_posix() if folder.is_relative_to(ROOT) else str(folder)


def called(lesson: Lesson) -> str:
    """The lesson in front of an error."""
    return _("lesson {number:02d}").format(number=lesson.number)


def _folder(lab: Lab) -> Path:
    """What the lab itself writes down for this student."""
    return lab.state / "course" / student()


def open_(lab: Lab, lesson: Lesson) -> None:
    """Commands without a number mean this lesson from now on."""
    _folder(lab).mkdir(parents=True, exist_ok=True)
    (_folder(lab) / OPENED).write_text(lesson.name, encoding="utf-8")


def student() -> str:
    """Who learns, as LAB_STUDENT says or else as the computer knows them; WrongUse for a name that cannot be used."""
    given = os.environ.get(STUDENT, "")
    if given and not NAME.fullmatch(given):
        what = _("{variable}={given!r} cannot be a name here").format(variable=STUDENT, given=given)
        mend = _("Use up to 32 lower-case letters, digits and hyphens: LAB_STUDENT=ada")
        raise WrongUse(what, part="course", mend=mend)
    return given or re.sub(r"[^a-z0-9-]+", "-", getpass.getuser().lower()).strip("-")[:32] or "student"
