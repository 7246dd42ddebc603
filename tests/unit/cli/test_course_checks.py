"""What a check says, and when it says nothing about the student's work."""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console
from typer.testing import CliRunner

from cli.course import changes, checking, course, progress, reading, showing, whole, work
from cli.course.checking import Wish
from cli.course.course import Course
from cli.course.lesson import Lesson, load
from cli.course.progress import Mark
from cli.course.sessions import Step, sessions
from cli.errors import Broken, Failed
from cli.main import app
from cli.stack import SERVICES, Process, Service
from lessons.kit import steps
from lessons.kit.place import Place
from lessons.kit.program import last_words
from lessons.kit.steps import Finding
from lessons.kit.verdict import CannotJudge
from tests.meta.house import ROOT
from tests.unit.cli.test_course import TOML, written

PLACE: Any = None
TRACE = """Traceback (most recent call last):
  File "/home/ada/lab/05/consumer.py", line 20, in main
    on_message()
  File "/home/ada/lab/05/consumer.py", line 12, in on_message
    tasks.insert_one(task)
  File "/usr/lib/python3.11/site-packages/pymongo/collection.py", line 900, in insert_one
    raise DuplicateKeyError
pymongo.errors.DuplicateKeyError: E11000
"""


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    """A small one."""
    return written(tmp_path / "lessons" / "03-broker")


@pytest.fixture
def known(lesson: Lesson, tmp_path: Path) -> Course:
    """A student who has passed it before it was changed."""
    mark = {"passed": "2026-11-21", "digest": "of another time"}
    progress.note(tmp_path / "work" / progress.FILE, lesson.name, **mark)
    return Course([lesson], {lesson.name: Mark(**mark)}, "ada", tmp_path / "work", "")


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What is printed on a narrow terminal."""
    text = StringIO()
    monkeypatch.setattr(showing, "out", Console(file=text, width=40, force_terminal=True, color_system=None))
    return text


def asked(monkeypatch: pytest.MonkeyPatch, answer: bool | None) -> None:
    """Somebody at a terminal who answers so, or nobody."""
    monkeypatch.setattr(changes, "err", Console(file=StringIO(), force_terminal=answer is not None))
    monkeypatch.setattr(changes.Confirm, "ask", lambda *_, **__: answer)


@pytest.mark.parametrize(("answer", "left"), [(True, ""), (False, "2026-11-21"), (None, "2026-11-21")])
def test_a_changed_lesson_asks_before_it_forgets_a_pass(
    known: Course, lesson: Lesson, monkeypatch: pytest.MonkeyPatch, answer: bool | None, left: str
) -> None:
    """Where there is nobody to ask, the pass stays."""
    asked(monkeypatch, answer)
    changes.settle(known, lesson)
    assert left == progress.read(known.home / progress.FILE)[lesson.name].passed == known.marks[lesson.name].passed
    assert (answer is not None) is not known.has_changed(lesson)


def test_nobody_is_sent_back_to_a_lesson_that_has_changed(known: Course) -> None:
    """Nothing goes on or back without being asked."""
    assert known.next is None


def test_a_student_is_told_where_they_are_and_what_comes_next(lesson: Lesson, tmp_path: Path) -> None:
    """In two sentences."""
    other = written(tmp_path / "lessons" / "04-more")
    new = Course([lesson, other], {}, "ada", tmp_path / "work", "")
    assert ("you have not begun", "./lab task 03") == (reading.where(new), reading.next_step(new))
    passed = {lesson.name: Mark("2026-11-21", lesson.digest)}
    on = Course([lesson, other], passed, "ada", tmp_path / "work", lesson.name)
    assert ("you are in lesson 03, T; 1 of 2 passed", "./lab task 04") == (reading.where(on), reading.next_step(on))
    folder = work.begin(other, on.home)
    assert f"./lab check 04 (files: {folder}/)" == reading.next_step(on)


@pytest.mark.parametrize("error", [httpx.ConnectError("gone"), ConnectionResetError(), KeyError("id")])
def test_an_outage_and_a_fault_of_the_check_are_no_wrong_answers(error: Exception) -> None:
    """Neither says anything about the student's work."""

    @steps.step("first")
    def look(_: Place) -> None:
        raise error

    with pytest.raises(CannotJudge, match=type(error).__name__):
        list(steps.run([look], PLACE))


class FakeStack:
    """A lab whose broker has that process."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def services(self) -> list[Service]:
        """One service."""
        return [Service("rabbitmq", 1, "running", (Process(self.pid, "main", "beam"),))]


def judged(monkeypatch: pytest.MonkeyPatch, *states: Any, pids: tuple[int, ...] = (1, 1)) -> None:
    """Checks find these states, one after the other, in a lab whose broker has these processes."""
    found, lives = iter(states), iter(pids)
    monkeypatch.setattr(checking, "well", lambda *_: {})
    monkeypatch.setattr(checking, "judge", lambda *_: [Finding("it", next(found), "this", "that")])
    monkeypatch.setattr(checking.ways, "current", lambda _: FakeStack(next(lives)))


LAB: Any = type("Lab", (), {"state": Path("state")})


def test_an_outage_during_a_check_is_never_graded_as_a_wrong_answer(
    known: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker was another process at the end than at the beginning."""
    judged(monkeypatch, "not yet", pids=(1, 2))
    monkeypatch.setattr(course, "load", lambda _: known)
    with pytest.raises(Broken, match="rabbitmq was restarted"):
        checking.check(LAB, Wish())
    judged(monkeypatch, "not yet")
    with pytest.raises(Failed):
        checking.check(LAB, Wish())


def test_everything_that_was_passed_is_checked_also_after_one_has_failed(
    known: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line of JSON each."""
    other = written(tmp_path / "lessons" / "04-more")
    marks = {**known.marks, other.name: Mark("2026-11-21", other.digest)}
    both = Course([*known.lessons, other], marks, "ada", known.home, "")
    judged(monkeypatch, "not yet", "passed", pids=(1, 1, 1))
    monkeypatch.setattr(course, "load", lambda _: both)
    with pytest.raises(Failed):
        checking.check(LAB, Wish(previous=True, as_json=True))
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [("03-broker", False), ("04-more", True)] == [(one["lesson"], one["passed"]) for one in told]


def test_a_script_is_told_too_that_nothing_could_be_checked(lesson: Lesson, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither passed nor failed."""
    showing.as_json(lesson, None, "RabbitMQ is away")
    assert {"lesson": "03-broker", "passed": None, "reason": "RabbitMQ is away"} == json.loads(capsys.readouterr().out)


def test_of_a_stack_trace_the_error_is_shown_and_the_students_own_line() -> None:
    """Not the library's."""
    words = "pymongo.errors.DuplicateKeyError: E11000\nin consumer.py, line 12, on_message"
    assert words == last_words(f"waiting for tasks\n{TRACE}")
    assert "one\ntwo" == last_words("one\ntwo\n")
    assert "nothing" == last_words("")


def test_what_is_typed_is_never_broken(printed: StringIO) -> None:
    """A terminal folds it itself, and copies it in one piece."""
    command = f"$ curl -s http://localhost/flask/tasks/{'x' * 60} -H 'Prefer: wait=10'"
    showing.page(f"Words before, more of them than fit into one line.\n\n```console\n{command}\n```\n\nAfter.\n")
    lines = printed.getvalue().splitlines()
    assert command in lines
    assert all(len(line) <= 40 for line in lines if line != command)


def test_a_table_folds_a_long_word(printed: StringIO) -> None:
    """Nothing of it is cut off."""
    showing.page(f"| you write | it does |\n| --- | --- |\n| `{'abcdefgh' * 8}` | something |\n")
    assert 8 == "".join(printed.getvalue().replace("something", "").split()).count("abcdefgh")


def test_a_hint_is_folded_between_words(printed: StringIO) -> None:
    """On a terminal."""
    showing.paragraph("1 of 3  ", "Which of the two has the message, and who knows it?")
    assert ["1 of 3  Which of the two has the", "        message, and who knows it?"] == printed.getvalue().splitlines()


def test_a_lesson_needs_everything_unless_it_says_less(lesson: Lesson) -> None:
    """Of the services that there are."""
    assert SERVICES == lesson.needs
    (lesson.folder / "lesson.toml").write_text(f'{TOML}needs = ["mongo"]\n')
    assert ("mongo",) == load(lesson.folder).needs
    (lesson.folder / "lesson.toml").write_text(f'{TOML}needs = ["kafka"]\n')
    with pytest.raises(Broken, match="kafka"):
        load(lesson.folder)


def test_what_a_lesson_lacks_is_said(lesson: Lesson) -> None:
    """To its author: everything at once."""
    (lesson.folder / "README.md").write_text(f"# T\n\n```\n{'-' * 81}\n```\n\n[gone](gone.md) <!-- not run -->\n")
    found = "\n".join(whole.lacks(lesson))
    for words in ("wrong answers", "5 minutes", "Read on", "wider", "folded answers", "your turn", "gone.md", "why"):
        assert words in found


def test_our_solution_is_nobodys_own_work(lesson: Lesson, tmp_path: Path) -> None:
    """So it is neither asked about nor kept."""
    work.put(lesson.part("solution"), work.place(lesson, tmp_path))
    assert work.is_untouched(lesson, tmp_path)
    (work.place(lesson, tmp_path) / "it.py").write_text("mine")
    assert not work.is_untouched(lesson, tmp_path)


def test_a_check_may_have_a_beginning_and_an_end(tmp_path: Path) -> None:
    """Queues and data, made where it has a function for them."""
    (tmp_path / "check.py").write_text("def begin(place):\n    place.append('made')\n")
    made: Any = []
    assert (True, False) == tuple(steps.stage(tmp_path / "check.py", name, made) for name in ("begin", "end"))
    assert ["made"] == made


def test_students_of_one_checkout_have_folders_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where they are named."""
    lab: Any = type("Lab", (), {"state": ROOT / ".lab"})
    monkeypatch.delenv(course.STUDENT, raising=False)
    assert "work" == course.shown(course.home(lab))
    monkeypatch.setenv(course.STUDENT, "ada")
    assert "work/ada" == course.shown(course.home(lab))


def test_a_session_can_be_said_to_both_apis(tmp_path: Path) -> None:
    """What one of them is shown to answer, the other answers as well."""
    line = '$ curl http://localhost/flask/tasks\n{"source":"flask"}'
    (tmp_path / "it.md").write_text(f"<!-- both twins -->\n```console\n{line}\n```\n")
    (found,) = sessions(tmp_path / "it.md")
    assert (True, False) == (found.both, found.twin.both)
    assert (Step("curl http://localhost/async/tasks", '{"source":"async"}'),) == found.twin.steps


def test_the_course_needs_nothing_that_only_tests_are_installed_with() -> None:
    """A student has not got it."""
    program = "import sys; sys.modules.update(sybil=None, pytest=None); import cli.main, cli.course.author"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=60)


@pytest.mark.parametrize(("words", "wished"), [((), None), (("04",), "04"), (("+1",), "+1"), (("-1",), "-1")])
def test_one_goes_on_and_back(words: tuple[str, ...], wished: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """-1 is no option."""
    seen: list[Any] = []
    monkeypatch.setattr(reading, "task", lambda _, lesson, answers: seen.append((lesson, answers)))
    done = CliRunner().invoke(app, ["task", *words, "--answers"])
    assert (0, [(wished, True)]) == (done.exit_code, seen), done.output
