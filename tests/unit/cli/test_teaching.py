"""docs/teaching.md is typed: from thirty checkouts to one table, by the commands that it shows."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cli.config import ROOT
from cli.course import progress, work
from cli.course.lesson import STARTER
from cli.course.progress import Mark
from cli.course.sessions import Session, sessions
from cli.course.typist import Typist
from tests.unit.cli.classroom import LESSONS, at, home, solve, thirty, works
from tests.unit.cli.test_report import RUNNER

PAGE = ROOT / "docs" / "teaching.md"
TEXT = PAGE.read_text(encoding="utf-8")
SHOWN = "~/class/"
AUTOGRADER = re.compile(r"```python\n(.*?)```", re.DOTALL)
HEIR = "student-12"
OWNER = "student-03"
"""Whose file it has."""
ALIKE = ("student-16", "student-25")
"""Who have worked as one."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class as the page tells of it, on one day: one has copied a file, two have worked as one, two files are bad."""
    made = tmp_path_factory.mktemp("class")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(progress, "moment", lambda: "2026-11-21T10:11:26Z")
        known = {one.student: one for one in thirty(made)}
        for name in ALIKE:
            (known[name].home / progress.FILE).unlink()
            both = at(known[name].home, name)
            works(both, 1)
            solve(both, LESSONS[1], "both")
            both.note_attempt(LESSONS[1])
            both.note_pass(LESSONS[1])
        works(at(made / ".lab" / "work" / "ada", "ada"), 3)
    (known[HEIR].home / progress.FILE).write_bytes((known[OWNER].home / progress.FILE).read_bytes())
    (known["student-20"].home / progress.FILE).write_text('"01-one-task" = { passed = "yes" }\n')
    (known["student-28"].home / progress.FILE).unlink()
    return made


@pytest.fixture
def typist(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Typist:
    """Ada, and her teacher."""
    monkeypatch.setenv("LAB_STATE", str(folder / ".lab"))
    monkeypatch.setenv("LAB_STUDENT", "ada")
    return Typist("http://localhost/", {SHOWN: str(folder)})


@pytest.mark.parametrize("session", [one for one in sessions(PAGE) if one.not_run is None], ids=lambda one: one.name)
def test_what_the_page_shows_is_what_comes_out(session: Session, typist: Typist) -> None:
    """Command after command."""
    typist.follow(session)


def test_the_page_shows_sessions_and_says_why_one_is_not_run() -> None:
    """Else nothing of it would be typed."""
    found = sessions(PAGE)
    assert 3 <= sum(one.not_run is None for one in found)
    assert [] == [one.name for one in found if one.not_run == ""]


def test_the_page_tells_every_word_of_a_mark() -> None:
    """And no other."""
    words = re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)
    assert sorted(Mark.__dataclass_fields__) == sorted(words)


def test_the_page_leads_to_files_that_there_are() -> None:
    """Of this repository."""
    links = {link for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", TEXT) if "://" not in link}
    assert [] == [link for link in sorted(links) if not (PAGE.parent / link).exists()]


def test_the_autograder_that_is_shown_writes_a_result(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the student's checkout, with what Classroom 50's runner tells it; also before all is passed."""
    for name, value in {**RUNNER, "LAB_STATE": str(folder / ".lab"), "LAB_STUDENT": "ada"}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "autograder.py").write_text("".join(AUTOGRADER.findall(TEXT)), encoding="utf-8")
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "lab").symlink_to(ROOT / "lab")
    subprocess.run([sys.executable, str(tmp_path / "autograder.py")], cwd=checkout, check=True, timeout=60)
    result = json.loads((checkout / "result.json").read_text(encoding="utf-8"))
    assert (3, len(LESSONS), RUNNER["ASSIGNMENT"]) == (result["score"], result["max-score"], result["assignment"])


def test_a_starter_is_nobodys_answer(tmp_path: Path) -> None:
    """As many lines of the student's own as they have written: none."""
    known = at(home(tmp_path, "ada"), "ada")
    work.put(LESSONS[0].part(STARTER), work.place(LESSONS[0], known.home))
    known.note_pass(LESSONS[0])
    assert 0 == known.marks[LESSONS[0].name].lines
