"""What a check leaves behind, and how it is told for teachers and their programs."""

import csv
import io
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from junitparser import Failure, JUnitXml, Skipped, TestSuite
from typer.testing import CliRunner, Result

from cli.course import answer, checking, course, progress, work
from cli.course.checking import Wish
from cli.course.classroom50 import written as result_of
from cli.course.course import Course
from cli.course.lesson import STARTER, Lesson
from cli.course.progress import Mark
from cli.course.standing import asked, standings
from cli.errors import Broken, Failed, WrongUse
from cli.main import app
from tests.unit.cli.classroom import LESSONS, at, works
from tests.unit.cli.test_course import written
from tests.unit.cli.test_course_checks import LAB, judged

RUNNER = {
    "CLASSROOM": "net", "ASSIGNMENT": "tasklab", "SUBMISSION_TAG": "submit/2026-11-21T10-00-00Z-abc",
    "COMMIT_URL": "https://example.org/c", "RELEASE_URL": "https://example.org/r",
}  # fmt: skip
"""What Classroom 50 tells an autograder."""
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    """A small one."""
    return written(tmp_path / "lessons" / "03-broker")


@pytest.fixture
def ada(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """Three lessons passed, one tried in vain; she is the student of this checkout."""
    monkeypatch.setenv("LAB_STATE", str(tmp_path / ".lab"))
    monkeypatch.setenv("LAB_STUDENT", "ada")
    known = at(tmp_path / ".lab" / "work" / "ada", "ada")
    works(known, 3)
    return known


def checked(known: Course, monkeypatch: pytest.MonkeyPatch, state: str, pids: tuple[int, int] = (1, 1)) -> None:
    """A check finds this, whatever the student has written."""
    judged(monkeypatch, state, pids=pids)
    monkeypatch.setattr(course, "load", lambda _: known)
    checking.check(LAB, Wish())


def test_attempts_count_until_a_lesson_is_passed(
    lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that passes is one; what is checked later is none."""
    known = at(tmp_path / "work", "ada", [lesson])
    for _ in range(2):
        with pytest.raises(Failed):
            checked(known, monkeypatch, "not yet")
    checked(known, monkeypatch, "passed")
    line = progress.read(known.home / progress.FILE)
    checked(known, monkeypatch, "passed")
    assert (3, line) == (line[lesson.name].attempts, progress.read(known.home / progress.FILE))


def test_what_could_not_be_judged_is_no_attempt(
    lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker was restarted meanwhile."""
    known = at(tmp_path / "work", "ada", [lesson])
    with pytest.raises(Broken):
        checked(known, monkeypatch, "not yet", pids=(1, 2))
    assert {} == progress.read(known.home / progress.FILE)


def test_a_pass_tells_who_passed_when_and_with_what(
    lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one readable line."""
    known = at(tmp_path / "work", "ada", [lesson])
    work.put({"it.py": b"filled", "more.py": b"given"}, work.place(lesson, known.home))
    checked(known, monkeypatch, "passed")
    (line,) = (known.home / progress.FILE).read_text().splitlines()[1:]
    mark = progress.read(known.home / progress.FILE)[lesson.name]
    own = answer.of({"it.py": b"filled", "more.py": b"given"}, lesson.part(STARTER))
    assert ("ada", course.seed("ada", lesson), own.digest, 1) == (mark.student, mark.seed, mark.answer, mark.lines)
    assert MOMENT.fullmatch(mark.seen)
    assert mark.passed == mark.seen[:10]
    assert line.startswith(f'"{lesson.name}" = {{ passed = ')


def test_a_hint_shows_when_a_student_was_last_seen(
    lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Later than what was noted before."""
    known = at(tmp_path / "work", "ada", [lesson])
    monkeypatch.setattr(progress, "moment", iter(["2026-11-21T10:00:00Z", "2026-11-22T10:00:00Z"]).__next__)
    known.note_attempt(lesson)
    known.note(lesson, hints=1)
    assert Mark(hints=1, attempts=1, seen="2026-11-22T10:00:00Z") == known.marks[lesson.name]


def test_a_file_of_before_is_still_read(tmp_path: Path) -> None:
    """It knows of fewer things."""
    old = '# What has been passed\n"01-a" = { passed = "2026-11-21", digest = "abc", hints = 2 }\n"02-b" = {}\n'
    (tmp_path / "progress.toml").write_text(old)
    assert {"01-a": Mark("2026-11-21", "abc", 2), "02-b": Mark()} == progress.read(tmp_path / "progress.toml")


@pytest.mark.parametrize(
    "mark",
    ["attempts = -1", "attempts = true", 'hints = "1"', 'passed = "soon"', "passed = 2026-11-21", 'seen = "2026"',
     'student = "a\\u001b[2J"'],
)  # fmt: skip
def test_a_mark_that_no_check_writes_is_refused(mark: str) -> None:
    """People can write into the file, and others read what they wrote."""
    with pytest.raises(ValueError, match=r"01-a.*cannot be"):
        progress.parsed(f'"01-a" = {{ {mark} }}')


def test_comments_and_blank_lines_are_no_part_of_an_answer() -> None:
    """Nor what stands around a line; everything else is."""
    same = [
        b"x = 1\nif x:\n    print('# no comment')\n",
        b"# mine\n\nx = 1  # one\nif x:\n\tprint('# no comment')   # says it",
    ]
    one, other = (answer.of({"it.py": text}, {}) for text in same)
    assert (one, 3) == (other, one.lines)
    assert one.digest != answer.of({"it.py": b"x = 2\nif x:\n    print('# no comment')\n"}, {}).digest
    assert one.digest != answer.of({"other.py": same[0]}, {}).digest
    assert answer.of({"a.conf": b"listen 80;"}, {}) == answer.of({"a.conf": b"# ours\nlisten 80; # here\n"}, {})


def test_an_answer_that_is_no_python_has_a_digest_too() -> None:
    """The check judges; this only compares."""
    assert 2 == answer.of({"it.py": b"def (\n'''\xff"}, {}).lines


def test_of_an_answer_only_what_the_starter_has_not_is_counted() -> None:
    """That is the student's own."""
    assert 1 == answer.of({"it.py": b"a = 1\nb = 2\n"}, {"it.py": b"a = 1\n"}).lines


def report(*words: str, code: int = 0) -> Result:
    """What ./lab report does."""
    done = CliRunner().invoke(app, ["report", *words])
    assert code == done.exit_code, done.output
    return done


def test_json_tells_every_lesson(ada: Course) -> None:
    """Also those never begun."""
    told = json.loads(report("--format", "json").stdout)
    assert ("ada", 3, len(LESSONS)) == (told["student"], told["passed"], told["of"])
    first, fourth, last = told["lessons"][0], told["lessons"][3], told["lessons"][-1]
    mark = ada.marks[LESSONS[0].name]
    assert {
        "lesson": "01-one-task", "title": "One task, end to end", "passed": mark.passed, "attempts": 2, "hints": 0,
        "seen": mark.seen, "changed": False,
    } == first  # fmt: skip
    assert (None, 1, 1) == (fourth["passed"], fourth["attempts"], fourth["hints"])
    assert (None, 0, None) == (last["passed"], last["attempts"], last["seen"])


def test_a_lesson_that_has_changed_since_says_so(ada: Course) -> None:
    """In each form; the pass is told."""
    ada.note(LESSONS[1], digest="of another time")
    assert [False, True, False] == [one["changed"] for one in json.loads(report("--format", "json").stdout)["lessons"]][
        :3
    ]
    assert "changed since" in report().stdout
    assert "the lesson has changed since" in report("--format", "junit").stdout


def test_csv_is_a_row_a_lesson(ada: Course) -> None:
    """With a head."""
    rows = list(csv.DictReader(io.StringIO(report("--format", "csv").stdout)))
    assert [one.name for one in LESSONS] == [row["lesson"] for row in rows]
    assert ("ada", "2", "0", "0") == tuple(rows[0][name] for name in ("student", "attempts", "hints", "changed"))
    assert (ada.marks[LESSONS[0].name].passed, "") == (rows[0]["passed"], rows[3]["passed"])


def test_markdown_is_for_people(ada: Course) -> None:
    """In their language, unless nobody has said one."""
    assert f"# ada: 3 of {len(LESSONS)} passed" in report().stdout
    assert "| 04 Your first producer | not yet | 1 | 1 of 3 |" in report().stdout
    russian = CliRunner().invoke(app, ["--lang", "ru", "report"]).stdout
    assert f"# ada: сдано 3 из {len(LESSONS)}" in russian
    assert "| 04 Ваш первый отправитель | ещё не готово | 1 | 1 из 3 |" in russian


@pytest.mark.usefixtures("ada")
def test_programs_are_told_in_english_whatever_people_are_told() -> None:
    """Else a build server's history would break with a student's language."""
    english, russian = (
        CliRunner().invoke(app, [*words, "report", "--format", "junit"]) for words in ((), ("--lang", "ru"))
    )
    assert (0, english.stdout) == (russian.exit_code, russian.stdout)


def test_a_reader_of_junit_finds_what_is_told(ada: Course) -> None:
    """As build servers do: passed, failed, skipped, and when."""
    (suite,) = JUnitXml.fromstring(report("--format", "junit").stdout.encode())
    assert isinstance(suite, TestSuite)
    cases = list(suite)
    assert (len(LESSONS), 1, 0, len(LESSONS) - 4) == (suite.tests, suite.failures, suite.errors, suite.skipped)
    assert [True] * 3 + [False] * (len(LESSONS) - 3) == [case.is_passed for case in cases]
    found = Counter(type(one) for case in cases for one in case.result)
    assert Counter({Failure: 1, Skipped: len(LESSONS) - 4}) == found
    assert ("tasklab.ada", "01-one-task: One task, end to end") == (cases[0].classname, cases[0].name)
    assert f"{suite.timestamp}Z" == max(mark.seen for mark in ada.marks.values())
    before = (suite.tests, suite.failures, suite.errors, suite.skipped)
    suite.update_statistics()
    assert before == (suite.tests, suite.failures, suite.errors, suite.skipped)


@pytest.mark.parametrize("form", ["json", "junit", "csv", "markdown"])
@pytest.mark.usefixtures("ada")
def test_a_report_can_be_written_into_a_file(form: str, tmp_path: Path) -> None:
    """The same as on the terminal."""
    done = report("--format", form, "--out", str(tmp_path / "out"))
    assert "" == done.stdout
    assert report("--format", form).stdout == (tmp_path / "out").read_text(encoding="utf-8")


@pytest.mark.usefixtures("ada")
def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """In words."""
    done = report("--out", str(tmp_path / "no" / "such"), code=1)
    assert "cannot be written" in done.stderr


def test_classroom_50_gets_what_its_contract_asks_for(ada: Course) -> None:
    """All members and no other; points add up; what it is told about the submission stands there as it was told."""
    result = json.loads(result_of(standings(asked(LESSONS), ada.marks), RUNNER))
    assert list(result) == [
        "schema", "classroom", "assignment", "submission", "commit", "release", "review", "datetime", "score",
        "max-score", "tests",
    ]  # fmt: skip
    assert ("classroom50/result/v1", "net", "tasklab") == (result["schema"], result["classroom"], result["assignment"])
    assert (RUNNER["SUBMISSION_TAG"], RUNNER["COMMIT_URL"]) == (result["submission"], result["review"])
    assert MOMENT.fullmatch(result["datetime"])
    assert (3, len(LESSONS)) == (result["score"], result["max-score"])
    points = [(one["passed"], one["score"], one["max-score"]) for one in result["tests"]]
    assert [(True, 1, 1)] * 3 + [(False, 0, 1)] * (len(LESSONS) - 3) == points
    assert "01-one-task: One task, end to end" == result["tests"][0]["test-name"]


def test_where_a_comparison_can_be_looked_at_classroom_50_is_told(ada: Course) -> None:
    """As its runner gives it."""
    told: Any = json.loads(result_of(standings(asked(LESSONS), ada.marks), {**RUNNER, "REVIEW_URL": "https://r"}))
    assert "https://r" == told["review"]


@pytest.mark.parametrize("missing", sorted(RUNNER))
def test_nothing_is_invented_for_classroom_50(ada: Course, missing: str) -> None:
    """Outside its runner nobody knows which submission this is."""
    with pytest.raises(WrongUse, match=missing):
        result_of(standings(asked(LESSONS), ada.marks), {**RUNNER, missing: ""})


def test_the_command_reads_what_classroom_50_tells(ada: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the environment."""
    assert ada.marks
    report("--format", "classroom50", code=2)
    for name, value in RUNNER.items():
        monkeypatch.setenv(name, value)
    assert 3 == json.loads(report("--format", "classroom50").stdout)["score"]


def test_a_mark_holds_nothing_that_is_not_written(tmp_path: Path) -> None:
    """What is written is read again."""
    mark = Mark("2026-11-21", "abc", 1, 2, "2026-11-21T10:00:00Z", "ada", "bcdfghjk", "0123456789ab", 9)
    progress.write({"01-a": mark, "02-b": replace(mark, hints=0)}, tmp_path / "it.toml")
    assert {"01-a": mark, "02-b": replace(mark, hints=0)} == progress.read(tmp_path / "it.toml")
