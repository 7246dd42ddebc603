"""The course: where a student is, what is kept, and what a check says."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.course import progress, work
from cli.course.course import Course
from cli.course.lesson import Lesson, find, load
from cli.course.progress import Mark
from cli.course.reading import unfolded
from cli.course.sessions import sessions
from cli.errors import Broken, WrongUse
from lessons.kit import steps
from lessons.kit.place import Place
from lessons.kit.verdict import CannotJudge, NotYet, expect

TOML = """title = "T"
minutes = 5
difficulty = 1
hints = ["a", "b", "c"]
starter = "no"
"""


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    """A small one."""
    return written(tmp_path / "lessons" / "03-broker")


def written(folder: Path) -> Lesson:
    """A lesson in a folder."""
    (folder / "exercise").mkdir(parents=True)
    (folder / "solution").mkdir()
    (folder / "exercise" / "it.py").write_text("hole")
    (folder / "exercise" / "more.py").write_text("given")
    (folder / "solution" / "it.py").write_text("filled")
    (folder / "check.py").write_text("steps")
    (folder / "lesson.toml").write_text(TOML)
    return load(folder)


def course(*lessons: Lesson, opened: str = "", **marks: Mark) -> Course:
    """A course of these, as a student stands in it."""
    return Course(list(lessons), marks, "ada", Path("work"), opened)


def test_a_solution_holds_only_what_differs(lesson: Lesson) -> None:
    """The rest is the starter's."""
    assert {"it.py": b"filled", "more.py": b"given"} == lesson.part("solution")


@pytest.mark.parametrize("text", ["title = ", 'title = "T"', TOML.replace(', "c"', "")])
def test_a_lesson_that_is_not_whole_says_where(lesson: Lesson, text: str) -> None:
    """To its author."""
    (lesson.folder / "lesson.toml").write_text(text)
    with pytest.raises(Broken, match=r"lesson\.toml"):
        load(lesson.folder)


@pytest.mark.parametrize("wished", ["3", "03", "03-broker"])
def test_a_lesson_is_found_by_number_and_name(lesson: Lesson, wished: str) -> None:
    """However it is written."""
    assert lesson == find(wished, [lesson], lesson)


@pytest.mark.parametrize("wished", ["4", "x", "+1", "-1"])
def test_a_lesson_there_is_not_is_wrong_use(lesson: Lesson, wished: str) -> None:
    """The error names those there are."""
    with pytest.raises(WrongUse, match=r"there is no lesson") as caught:
        find(wished, [lesson], lesson)
    assert "03" in caught.value.mend


def test_the_next_lesson_is_the_first_that_is_not_passed(lesson: Lesson, tmp_path: Path) -> None:
    """And a command without a number means the one last opened."""
    other = written(tmp_path / "lessons" / "04-more")
    passed = {lesson.name: Mark("2026-11-21", lesson.digest)}
    assert other == course(lesson, other, **passed).next
    assert other == course(lesson, other, **passed).now
    assert lesson == course(lesson, other, opened=lesson.name, **passed).now


def test_a_changed_lesson_is_not_passed_and_not_forgotten(lesson: Lesson) -> None:
    """The day stands in the file still."""
    known = course(lesson, **{lesson.name: Mark("2026-11-21", "of another time")})
    assert (False, True) == (known.is_passed(lesson), known.has_changed(lesson))


def test_a_mended_text_takes_no_pass_away(lesson: Lesson) -> None:
    """Only what is asked of the student counts."""
    before = lesson.digest
    (lesson.folder / "README.md").write_text("better words")
    assert before == lesson.digest
    (lesson.folder / "exercise" / "it.py").write_text("another hole")
    assert before != lesson.digest


def test_progress_is_a_line_a_lesson(tmp_path: Path) -> None:
    """So that it merges well, and a person can read it."""
    file = tmp_path / "work" / "progress.toml"
    progress.note(file, "02-b", hints=1)
    progress.note(file, "01-a", passed="2026-11-21", digest="abc")
    progress.note(file, "02-b", hints=2)
    assert ['"01-a" = { passed = "2026-11-21", digest = "abc" }', '"02-b" = { hints = 2 }'] == (
        file.read_text().splitlines()[1:]
    )
    assert {"01-a": Mark("2026-11-21", "abc"), "02-b": Mark(hints=2)} == progress.read(file)


@pytest.mark.parametrize("text", ["not toml", '"01-a" = { what = 1 }'])
def test_progress_that_cannot_be_read_is_not_overwritten(tmp_path: Path, text: str) -> None:
    """It says what to do."""
    file = tmp_path / "progress.toml"
    file.write_text(text)
    with pytest.raises(Broken, match=r"progress\.toml"):
        progress.note(file, "01-a", hints=1)
    assert text == file.read_text()


def test_what_was_not_touched_needs_no_keeping(lesson: Lesson, tmp_path: Path) -> None:
    """And is no work lost."""
    work.begin(lesson, tmp_path)
    assert "" == work.keep(lesson, tmp_path)


def test_work_is_kept_beside_all_branches(lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that brings it back is told, and does; the student's index is as it was."""
    monkeypatch.setattr(work, "ROOT", tmp_path)
    git = lambda *words: subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True, text=True)  # noqa: E731
    git("init", "-q")
    home = tmp_path / "work"
    (work.begin(lesson, home) / "it.py").write_text("mine")
    back = work.keep(lesson, home)
    work.put(lesson.part("exercise"), work.place(lesson, home))
    assert "" == git("diff", "--cached", "--name-only").stdout
    subprocess.run(back, shell=True, cwd=tmp_path, check=True, capture_output=True)
    assert "mine" == (work.place(lesson, home) / "it.py").read_text()


def test_work_is_kept_without_git_too(lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a copy."""
    monkeypatch.setattr(work, "ROOT", tmp_path / "elsewhere")
    (work.begin(lesson, tmp_path) / "it.py").write_text("mine")
    back = work.keep(lesson, tmp_path)
    work.put(lesson.part("exercise"), work.place(lesson, tmp_path))
    subprocess.run(back, shell=True, check=True)
    assert "mine" == (work.place(lesson, tmp_path) / "it.py").read_text()


def test_an_answer_is_folded_in_the_terminal_too() -> None:
    """Until it is asked for."""
    text = "<!-- hidden -->\nBefore\n<details><summary>Why?</summary>\n\nBecause.\n\n</details>\n"
    assert "Because" not in unfolded(text, answers=False)
    assert "Because" in unfolded(text, answers=True)
    assert "hidden" not in unfolded(text, answers=True)


PLACE: Any = None


def test_after_the_first_failure_no_step_is_reached() -> None:
    """One thing at a time."""

    @steps.step("first")
    def first(_: Place) -> None:
        """Fine."""

    @steps.step("second")
    def second(_: Place) -> None:
        expect(False, "this", "that", "there")

    found = list(steps.run([first, second, first], PLACE))
    assert ["passed", "not yet", "not reached"] == [one.state for one in found]
    assert ("this", "that", "there") == (found[1].expected, found[1].seen, found[1].hop)


def test_a_check_without_a_step_judges_nothing(tmp_path: Path) -> None:
    """It would pass everything."""
    (tmp_path / "check.py").write_text("x = 1")
    with pytest.raises(CannotJudge):
        steps.load(tmp_path / "check.py")


def test_what_holds_is_no_finding() -> None:
    """And what does not has words."""
    expect(True, "", "")
    with pytest.raises(NotYet, match="expected this; seen: that"):
        expect(False, "this", "that")


def test_two_students_have_different_words_and_queues() -> None:
    """So that no answer can be copied, and one broker serves all."""
    ada = Place("ada", 4, Path(), Path(), {})
    bob = replace(ada, student="bob")
    assert ada.word == replace(ada).word
    assert 3 == len({ada.word, bob.word, replace(ada, attempt=1).word})
    assert ("lesson.ada.04", "lesson.bob.04") == (ada.queue, bob.queue)


def test_a_comment_above_a_session_says_what_is_special(tmp_path: Path) -> None:
    """Of the session below it, and of no other."""
    block = "```console\n$ true\n```\n"
    comments = ("", "<!-- fails: empty -->\n", "<!-- your turn -->\n", "<!-- not run: long -->\n")
    (tmp_path / "it.md").write_text("\n".join(comment + block for comment in comments))
    found = sessions(tmp_path / "it.md")
    assert [(False, False, None), (True, False, None), (False, True, None), (False, False, "long")] == [
        (one.fails, one.your_turn, one.not_run) for one in found
    ]
