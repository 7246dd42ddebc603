"""The proof of a lesson: its starter and its wrong answers fail with the words meant for them, its solution passes."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.course import work
from cli.course.checking import judge
from cli.course.lesson import CHECK, SOLUTION, STARTER, WRONG, Lesson
from lessons.kit import steps
from lessons.kit.place import Place
from lessons.kit.steps import Finding

STUDENT = "author"


@dataclass(frozen=True)
class Case:
    """An answer, and what its check must say."""

    lesson: Lesson
    part: str
    says: str
    """Words of the first finding that is not yet right; empty: it must pass."""

    @property
    def name(self) -> str:
        """As people would call it."""
        return f"{self.lesson.name} {self.part}"


def cases(lesson: Lesson) -> Iterator[Case]:
    """The starter, the solution, and every wrong answer."""
    yield Case(lesson, STARTER, lesson.starter)
    yield Case(lesson, SOLUTION, "")
    for name, says in lesson.wrong.items():
        yield Case(lesson, f"{WRONG}/{name}", says)


def prove(case: Case, addresses: Mapping[str, Any], attempt: int = 0) -> str:
    """What is wrong with the lesson, in words; empty where the check says what it must."""
    with tempfile.TemporaryDirectory(prefix="tasklab-lesson-") as made:
        folder = Path(made, "work")
        work.put(case.lesson.part(case.part), folder)
        place = Place(STUDENT, case.lesson.number, folder, Path(made, "scratch"), addresses, attempt)
        place.scratch.mkdir()
        steps.stage(case.lesson.folder / CHECK, "before", place)
        return _compared(case, judge(case.lesson, place))


def _compared(case: Case, findings: list[Finding]) -> str:
    failed = next((one for one in findings if one.state == "not yet"), None)
    told = f"{failed.sentence}: expected {failed.expected}; seen {failed.seen}; now {failed.hop}" if failed else ""
    if not case.says:
        return f"{case.name} does not pass: {told}" if failed else ""
    if failed is None:
        return f"{case.name} passes, and must say: {case.says}"
    return "" if case.says in told else f"{case.name} says {told!r}, and must say: {case.says}"
