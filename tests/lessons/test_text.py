"""What a lesson shows is what comes out, and a lesson has all its parts."""

import pytest

from cli.config import load
from cli.course import course, index, whole, work
from cli.course.lesson import FOLDER, SOLUTION, Lesson, lessons
from cli.course.sessions import sessions
from cli.course.typist import Typist
from tests.support.stack import Stack

LESSONS = lessons()


@pytest.mark.timeout(300)  # A whole lesson is typed: on a busy computer some of them take minutes.
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_what_a_lesson_shows_is_what_comes_out(lesson: Lesson, stack: Stack) -> None:
    """Typed by somebody who has solved the exercise when it is their turn."""
    typist = Typist(stack.addresses["http"])
    home = course.home(load())
    work.put(lesson.part("exercise"), work.place(lesson, home))
    for session in sessions(lesson.folder / "README.md"):
        if session.your_turn:
            work.put(lesson.part(SOLUTION), work.place(lesson, home))
        if session.not_run is None:
            typist.follow(session)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_lesson_is_whole(lesson: Lesson) -> None:
    """A picture, wrong answers, questions, and links that lead somewhere."""
    assert whole.lacks(lesson) == []


def test_lessons_are_numbered_without_a_gap() -> None:
    """And each folder with a number is a lesson."""
    folders = sorted(path for path in FOLDER.glob("[0-9][0-9]-*") if path.is_dir())
    assert folders == [lesson.folder for lesson in LESSONS]
    assert [lesson.number for lesson in LESSONS] == list(range(1, len(LESSONS) + 1))


def test_the_index_lists_the_lessons_as_they_are() -> None:
    """Generated from their folders: ./lab author index."""
    assert index.is_current(LESSONS)
