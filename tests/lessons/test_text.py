"""What a lesson shows is what comes out, its links lead somewhere, and its commands exist."""

import re
from pathlib import Path

import pytest

from cli.config import load
from cli.course import course, index, work
from cli.course.lesson import FOLDER, SOLUTION, Lesson, lessons
from cli.course.sessions import sessions
from cli.course.typist import Typist
from tests.support.stack import Stack

LESSONS = lessons()
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
OUTSIDE = "://"


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
def test_the_links_of_a_lesson_lead_somewhere(lesson: Lesson) -> None:
    """Those inside the repository."""
    links = {link for link in LINK.findall(lesson.text) if OUTSIDE not in link}
    assert [] == sorted(link for link in links if not Path(lesson.folder, link).exists())


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_lesson_is_whole(lesson: Lesson) -> None:
    """Two wrong answers or more, three questions with folded answers, and a reason for each session that is not run."""
    assert 2 <= len(lesson.wrong)
    assert sorted(lesson.wrong) == sorted(path.name for path in (lesson.folder / "wrong").iterdir())
    assert lesson.text.count("<details>") == 3
    assert all(one.not_run != "" for one in sessions(lesson.folder / "README.md"))


def test_lessons_are_numbered_without_a_gap() -> None:
    """And each folder with a number is a lesson."""
    folders = sorted(path for path in FOLDER.glob("[0-9][0-9]-*") if path.is_dir())
    assert folders == [lesson.folder for lesson in LESSONS]
    assert [lesson.number for lesson in LESSONS] == list(range(1, len(LESSONS) + 1))


def test_the_index_lists_the_lessons_as_they_are() -> None:
    """Generated from their folders: ./lab author index."""
    assert index.is_current(LESSONS)
