"""One table of a class: whatever is in the folders, and what looks as if it were somebody else's."""

import csv
import io
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.course import answer, course, progress, sameness
from cli.course.course import Course
from cli.course.lesson import SOLUTION, STARTER
from cli.course.sameness import FEW
from cli.main import app
from tests.unit.cli.classroom import LESSONS, NAMES, at, home, solve, thirty, works

FIRST, SHORT, SECOND = LESSONS[0], LESSONS[2], LESSONS[3]


def collect(folder: Path, *words: str, code: int = 0) -> Result:
    """What ./lab class collect does."""
    done = CliRunner().invoke(app, ["class", "collect", str(folder), *words])
    assert code == done.exit_code, done.output
    return done


def told(folder: Path) -> dict[str, Any]:
    """Each student of the folder, for scripts."""
    return {one["student"]: one for one in json.loads(collect(folder, "--format", "json").stdout)}


def asked(folder: Path) -> dict[str, list[str]]:
    """What there is to ask each of them about."""
    return {name: [one["text"] for one in row["remarks"]] for name, row in told(folder).items() if row["remarks"]}


def student(folder: Path, name: str, count: int = 1, by: str = "", named: bool = True, marked: str = "") -> Course:
    """Who has passed the first lessons, ``by`` whose words; ``marked``: as the computer knows them."""
    known = at(home(folder, name, named), marked or name)
    works(known, count, by=by or name)
    return known


def test_a_class_of_thirty_is_thirty_rows(tmp_path: Path) -> None:
    """Lesson by lesson, with sums; nobody of them stands out."""
    known = {one.student: one for one in thirty(tmp_path)}
    rows = told(tmp_path)
    assert NAMES == list(rows)
    assert [number % (len(LESSONS) + 1) for number in range(30)] == [row["passed"] for row in rows.values()]
    for name, row in rows.items():
        marks = known[name].marks.values()
        assert (sum(one.attempts for one in marks), sum(one.hints for one in marks)) == (row["attempts"], row["hints"])
        assert max(one.seen for one in marks) == row["seen"]
        assert [one.name for one in LESSONS] == [one["lesson"] for one in row["lessons"]]
    assert {} == asked(tmp_path)


def test_csv_has_a_column_a_lesson(tmp_path: Path) -> None:
    """With the day it was passed, as a grade book wants it."""
    ada = student(tmp_path, "ada", 2)
    (row,) = csv.DictReader(io.StringIO(collect(tmp_path, "--format", "csv").stdout))
    mark = ada.marks[FIRST.name]
    assert ("ada", mark.passed, "", "2", "5", "1") == tuple(
        row[name] for name in ("student", FIRST.name, SHORT.name, "passed", "attempts", "hints")
    )


def test_what_a_spreadsheet_would_compute_stays_text(tmp_path: Path) -> None:
    """A folder may be called anything."""
    student(tmp_path, "=cmd()", named=False)
    (row,) = csv.DictReader(io.StringIO(collect(tmp_path, "--format", "csv").stdout))
    assert "'=cmd()" == row["student"]


def test_the_table_is_for_people(tmp_path: Path) -> None:
    """Signs, and what they mean; also as Markdown, and in their language."""
    ada = student(tmp_path, "ada", 3)
    ada.note(LESSONS[1], digest="of another time")
    assert f"✓~✓✗ ···· ···· ···· 3 of {len(LESSONS)} 7 1" in " ".join(collect(tmp_path).stdout.split())
    assert "✓ passed, ~ passed and changed since, ✗ not yet, · never checked" in collect(tmp_path).stdout
    assert "| ada | ✓ | ~ | ✓ | ✗ |" in collect(tmp_path, "--format", "markdown").stdout
    russian = CliRunner().invoke(app, ["--lang", "ru", "class", "collect", str(tmp_path)])
    assert (0, True) == (russian.exit_code, f"3 из {len(LESSONS)}" in russian.stdout)


def test_students_are_found_however_their_folders_are(tmp_path: Path) -> None:
    """A checkout, one with a name of their own, one that two share, and a file alone."""
    student(tmp_path, "ada", named=False)
    student(tmp_path, "bob")
    for name in ("cem", "dan"):
        works(at(tmp_path / "shared" / "work" / name, name), 1)
    works(at(tmp_path / "eve", "eve"), 1)
    assert ["ada", "bob", "eve", "shared/cem", "shared/dan"] == list(told(tmp_path))
    assert ["cem", "dan"] == list(told(tmp_path / "shared" / "work"))
    assert {} == asked(tmp_path)


def broken(folder: Path) -> None:
    """Everything that can be wrong with a file, each in a folder of its own."""
    for name, content in {
        "text": b"not toml", "bytes": b"\xff\xfe", "deep": b"a = " + b"[" * 3000, "value": b'"01-one-task" = 5',
        "unknown": b'"01-one-task" = { what = 1 }', "minus": b'"01-one-task" = { hints = -1 }', "big": b"#" * 1_000_001,
    }.items():  # fmt: skip
        (folder / name / "work").mkdir(parents=True)
        (folder / name / "work" / progress.FILE).write_bytes(content)
    (folder / "folder" / "work" / progress.FILE).mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / ".git").mkdir()
    (folder / "file.txt").write_text("no student")


def test_a_broken_or_missing_file_is_a_row_that_says_so(tmp_path: Path) -> None:
    """Each in one line; the others are told as if it were not there."""
    broken(tmp_path)
    student(tmp_path, "ada")
    rows = told(tmp_path)
    assert ["ada", "big", "bytes", "deep", "empty", "folder", "minus", "text", "unknown", "value"] == list(rows)
    problems = {name: row["problem"] for name, row in rows.items() if name != "ada"}
    assert [] == [name for name, problem in problems.items() if not problem or "\n" in problem]
    assert "no progress.toml: nothing was checked here" == problems["empty"]
    assert "work/progress.toml: '01-one-task': hints cannot be -1" == problems["minus"]
    assert (None, 1) == (rows["ada"]["problem"], rows["ada"]["passed"])


@pytest.mark.parametrize("form", ["table", "csv", "json", "markdown"])
def test_a_broken_file_breaks_no_form_of_the_table(tmp_path: Path, form: str) -> None:
    """It is in all of them."""
    broken(tmp_path)
    assert "hints cannot be -1" in collect(tmp_path, "--format", form).stdout.replace("\\", "")


@pytest.mark.skipif(os.name == "nt", reason="Windows lets only some people make links, and has no such pipes")
def test_what_is_no_plain_file_is_not_read(tmp_path: Path) -> None:
    """A link could lead out of the student's folder, and a pipe would never end."""
    for name in ("link", "pipe", "gone"):
        (tmp_path / name / "work").mkdir(parents=True)
    (tmp_path / "link" / "work" / progress.FILE).symlink_to(Path(__file__))
    (tmp_path / "gone" / "work" / progress.FILE).symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe" / "work" / progress.FILE)
    found = {row["problem"] for row in told(tmp_path).values()}
    assert {"work/progress.toml: it is no file that ./lab has written"} == found


def test_a_lesson_nobody_here_knows_is_said(tmp_path: Path) -> None:
    """In one line, whatever it is called; the rest is told."""
    ada = student(tmp_path, "ada")
    progress.note(ada.home / progress.FILE, "99-\x1b[2J\n", hints=1)
    row = told(tmp_path)["ada"]
    assert ("no such lesson: 99- [2J", 1) == (row["problem"], row["passed"])


def test_help_for_teachers_is_given_in_their_language() -> None:
    """Also that of a command below another."""
    russian = CliRunner().invoke(app, ["--lang", "ru", "class", "collect", "--help"])
    english = CliRunner().invoke(app, ["--lang", "en", "class", "collect", "--help"])
    assert (0, 0) == (russian.exit_code, english.exit_code)
    assert "Собрать одну таблицу" in russian.output
    assert "Make one table" in english.output


def test_a_folder_without_students_is_wrong_use(tmp_path: Path) -> None:
    """So is one that is not there."""
    assert "there is no student in" in collect(tmp_path, code=2).stderr
    assert "there is no folder" in collect(tmp_path / "none", code=2).stderr


def test_the_same_files_stand_out(tmp_path: Path) -> None:
    """Comments and blank lines aside; both are told of each other."""
    ada, bob = student(tmp_path, "ada", 2), student(tmp_path, "bob", 0)
    for lesson in LESSONS[:2]:
        solve(bob, lesson, "ada")
        for file in (bob.home / lesson.name).glob("*.py"):
            file.write_text(f"# bob's own\n\n{file.read_text()}")
        bob.note_pass(lesson)
    assert ada.marks[FIRST.name] != bob.marks[FIRST.name]
    assert {"ada": ["01, 02: the same files as bob"], "bob": ["01, 02: the same files as ada"]} == asked(tmp_path)


def test_of_a_short_answer_nobody_says_that_it_is_the_same(tmp_path: Path) -> None:
    """There are few ways to write it."""
    for name in ("ada", "bob"):
        known = student(tmp_path, name, 0)
        solve(known, SHORT)
        known.note_pass(SHORT)
    assert answer.of(SHORT.part(SOLUTION), SHORT.part(STARTER)).lines < FEW
    assert {} == asked(tmp_path)


def test_our_solution_stands_out(tmp_path: Path) -> None:
    """But is not said to be somebody else's."""
    for name in ("ada", "bob"):
        known = student(tmp_path, name, 0)
        solve(known, SECOND)
        known.note_pass(SECOND)
    assert {"ada": ["04: our solution"], "bob": ["04: our solution"]} == asked(tmp_path)


def test_a_copied_file_stands_out(tmp_path: Path) -> None:
    """Its marks have another's name, and a second in which only one of them has passed."""
    ada, bob = student(tmp_path, "ada", 2), student(tmp_path, "bob", 0)
    (bob.home / progress.FILE).write_bytes((ada.home / progress.FILE).read_bytes())
    assert {
        "ada": ["01, 02: the same line as bob"],
        "bob": ["01, 02: passed as ada"],
    } == asked(tmp_path)


def test_a_file_that_is_wholly_another_students_stands_out_in_a_folder_without_a_name_too(tmp_path: Path) -> None:
    """No account is called like somebody else in the class."""
    ada = student(tmp_path, "ada", 2)
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / progress.FILE).write_bytes((ada.home / progress.FILE).read_bytes())
    assert ["01, 02: passed as ada"] == asked(tmp_path)["bob"]


def test_a_line_with_another_name_stands_out_by_its_seed(tmp_path: Path) -> None:
    """Whose it was can be told, even where they are not in the class."""
    student(tmp_path, "ada")
    bob = student(tmp_path, "bob")
    bob.note(FIRST, seed=course.seed("ada", FIRST))
    cem = student(tmp_path, "cem")
    cem.note(FIRST, seed="qqqqqqqq")
    assert {"bob": ["01: with the seed of ada"], "cem": ["01: with a seed of nobody here"]} == asked(tmp_path)


def test_a_pass_that_names_nobody_is_said(tmp_path: Path) -> None:
    """Written by hand, or by an older lab."""
    ada = student(tmp_path, "ada", 0)
    progress.note(ada.home / progress.FILE, FIRST.name, passed="2026-11-21", digest=FIRST.digest)
    assert {"ada": ["01: passed without a name"]} == asked(tmp_path)


def test_a_student_may_be_known_by_another_name_to_the_computer(tmp_path: Path) -> None:
    """Without LAB_STUDENT it is the name of their account; one line of another's stands out among them."""
    ada = student(tmp_path, "ada", 3, named=False, marked="adas-laptop")
    assert {} == asked(tmp_path)
    ada.note(SHORT, student="bobs-laptop", seed=course.seed("bobs-laptop", SHORT))
    assert {"ada": ["03: passed as bobs-laptop"]} == asked(tmp_path)


def test_with_a_name_given_no_other_name_passes(tmp_path: Path) -> None:
    """LAB_STUDENT says whose folder it is."""
    works(at(home(tmp_path, "ada"), "adas-laptop"), 2)
    assert {"ada": ["01, 02: passed as adas-laptop"]} == asked(tmp_path)


def test_one_account_for_all_is_said_once(tmp_path: Path) -> None:
    """Then seeds tell nothing; what else is compared still does."""
    for name in ("ada", "bob"):
        student(tmp_path, name, named=False, marked="pupil")
    done = collect(tmp_path)
    assert ["2 have passed as pupil: without LAB_STUDENT their seeds tell nothing about them."] == (
        done.stderr.splitlines()
    )
    assert {} == asked(tmp_path)


def test_of_many_names_only_some_are_told() -> None:
    """A row stays a row; scripts get all."""
    many = sameness.Remark(sameness.FILES, (1, 4), ("a", "b", "c", "d", "e"))
    assert "01, 04: the same files as a, b, c and 2 more" == many.text


def students(folder: Path, names: Sequence[str]) -> list[sameness.Student]:
    """With their own first lesson each."""
    return [sameness.Student(one, one, True, student(folder, one).marks) for one in names]


def test_nothing_is_asked_about_what_is_not_passed(tmp_path: Path) -> None:
    """Whatever the line holds."""
    ada, bob = students(tmp_path, ["ada", "bob"])
    marks = {FIRST.name: replace(ada.marks[FIRST.name], passed="")}
    found = sameness.remarks([ada, replace(bob, marks=marks)], [], LESSONS)
    assert {"ada": [], "bob": []} == found
