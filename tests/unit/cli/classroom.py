"""A class on paper: students who work as students do, each in a checkout of their own, without a lab that runs."""

from collections.abc import Iterator
from pathlib import Path

from cli.course import course, work
from cli.course.course import Course
from cli.course.lesson import SOLUTION, Lesson, lessons

LESSONS = lessons()
NAMES = [f"student-{number:02d}" for number in range(1, 31)]


def home(folder: Path, name: str, named: bool = True) -> Path:
    """Where a student's files are in their checkout; ``named``: they have set LAB_STUDENT."""
    return folder / name / "work" / name if named else folder / name / "work"


def at(place: Path, name: str, lessons: list[Lesson] | None = None) -> Course:
    """The course as that student stands in it, with the marks of their file."""
    return Course(lessons or LESSONS, course.progress.read(place / course.progress.FILE), name, place, "")


def solve(known: Course, lesson: Lesson, by: str = "") -> None:
    """The student's files pass: our solution, in ``by``'s words; in exactly ours where nobody is named."""
    files = {name: _in_words(content, by) for name, content in lesson.part(SOLUTION).items()}
    work.put(files, work.place(lesson, known.home))


def _in_words(content: bytes, by: str) -> bytes:
    return content + f'\nwords = "{by}"\n'.encode() if by else content


def works(known: Course, count: int, tries: int = 2, by: str = "") -> None:
    """Passes the first lessons, each at the last of so many tries, and fails once in the next."""
    for lesson in known.lessons[:count]:
        solve(known, lesson, by or known.student)
        for _ in range(tries):
            known.note_attempt(lesson)
        known.note_pass(lesson)
    for lesson in known.lessons[count : count + 1]:
        known.note_attempt(lesson)
        known.note(lesson, hints=1)


def thirty(folder: Path) -> Iterator[Course]:
    """As a teacher finds them: most have worked alone."""
    for number, name in enumerate(NAMES):
        known = at(home(folder, name), name)
        works(known, number % (len(LESSONS) + 1), tries=1 + number % 3)
        yield known
