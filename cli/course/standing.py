"""Where a student stands, lesson by lesson: what a teacher's tables are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cli.course import answer, translation
from cli.course.answer import Answer
from cli.course.lesson import SOLUTION, STARTER, Lesson
from cli.course.progress import Mark
from cli.language import later

PASSED, NOT_YET, NEVER = later("passed"), later("not yet"), later("never checked")


@dataclass(frozen=True)
class Asked:
    """A lesson as it is now, read once for a whole class."""

    name: str
    number: int
    title: str
    digest: str
    ours: Answer
    """Our solution, told as students' answers are."""


@dataclass(frozen=True)
class Standing:
    """One student in one lesson."""

    asked: Asked
    mark: Mark

    @property
    def state(self) -> str:
        """One of three: passed at some time, checked and not passed, or never checked."""
        return PASSED if self.mark.passed else NOT_YET if self.mark.attempts else NEVER

    @property
    def changed(self) -> bool:
        """Whether the lesson is another one than that which was passed."""
        return bool(self.mark.passed) and self.mark.digest != self.asked.digest

    @property
    def told(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "lesson": self.asked.name, "title": self.asked.title, "passed": self.mark.passed or None,
            "attempts": self.mark.attempts, "hints": self.mark.hints, "seen": self.mark.seen or None,
            "changed": self.changed,
        }  # fmt: skip


def asked(lessons: Sequence[Lesson]) -> list[Asked]:
    """The lessons as they are now, with their titles in the language that is spoken."""
    return [
        Asked(
            one.name, one.number, translation.words(one).title, one.digest,
            answer.of(one.part(SOLUTION), one.part(STARTER)),
        )
        for one in lessons
    ]  # fmt: skip


def standings(course: Sequence[Asked], marks: Mapping[str, Mark]) -> list[Standing]:
    """Lesson by lesson, also those never begun."""
    return [Standing(one, marks.get(one.name, Mark())) for one in course]


def passed(found: Sequence[Standing]) -> int:
    """How many are passed."""
    return sum(one.state == PASSED for one in found)


def last_seen(found: Sequence[Standing]) -> str:
    """When the student was last seen, in UTC; empty where that is not known."""
    return max((one.mark.seen for one in found), default="")
