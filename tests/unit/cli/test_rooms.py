"""What rooms do to computers: the doctor's probes of it, and the table in docs/teaching.md that has them all."""

import ast
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli import doctor, machine, rooms
from cli.config import ROOT, load
from cli.course.lesson import lessons
from cli.findings import Finding
from tests.unit.cli.fakes import a_lab

PAGE = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
PROBES = ("machine", "occupied", "remains", "rooms")
NAMED_BY_CALLER = {"enough", "_taken", "ports", "programs"}
"""Functions whose findings are named by an argument or a variable; what they can be stands below."""
THEN = {"memory", "disk", "port", "rabbitmq-server", "nginx"}
PLANNED = re.compile(r"(\d\d) ([^;|]+?)\s*(?=[;|])")
MOST_MINUTES = 90


def section(title: str) -> str:
    """What stands under a title of the page."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    """The cells of the table there, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def findings_in_the_source() -> Iterator[str]:
    """The kind of each finding that a probe can make, as its source has it."""
    for name in PROBES:
        for function in ast.walk(ast.parse((ROOT / "cli" / f"{name}.py").read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                yield from (Finding(named, "ok", "").kind for named in names_in(function))


def unmarked(name: ast.expr) -> ast.expr:
    """The English name, whether or not it is marked for translation."""
    return name.args[0] if isinstance(name, ast.Call) and ast.unparse(name.func) == "_" else name


def names_in(function: ast.FunctionDef) -> Iterator[str]:
    """The first argument of each Finding that it makes."""
    for node in ast.walk(function):
        if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "Finding"):
            continue
        first = unmarked(node.args[0])
        if isinstance(first, ast.Constant):
            yield str(first.value)
        elif isinstance(first, ast.JoinedStr):
            yield "".join(str(part.value) for part in first.values if isinstance(part, ast.Constant))
        else:
            assert function.name in NAMED_BY_CALLER, f"{function.name} makes findings of another kind"


def test_the_page_tells_what_to_do_about_each_thing_that_doctor_looks_at() -> None:
    """And about nothing that it does not look at."""
    kinds = set(findings_in_the_source()) | THEN
    assert sorted(kinds) == sorted(row[0] for row in rows("What goes wrong in rooms"))


def test_every_row_says_what_is_seen_and_what_to_do() -> None:
    """Each cell."""
    assert all(all(row) and len(row) == 3 for row in rows("What goes wrong in rooms"))


def test_what_doctor_finds_here_is_in_the_table(tmp_path: Path) -> None:
    """Whatever way the lab is run."""
    there = {row[0] for row in rows("What goes wrong in rooms")}
    for way in ("native", "docker"):
        assert set() == {finding.kind for finding in doctor.examine(a_lab(tmp_path), way)} - there


def test_the_plan_has_every_lesson_once_and_in_order() -> None:
    """Two in each of eight double lessons."""
    planned = [PLANNED.findall(row[1] + "|") for row in rows("Eight double lessons")]
    assert [2] * 8 == [len(pair) for pair in planned]
    assert [f"{number:02d}" for number in range(1, 17)] == [number for pair in planned for number, _ in pair]


def test_the_plan_calls_the_lessons_as_they_are_called() -> None:
    """By their titles, or the beginning of them; and two of them fit into ninety minutes."""
    planned = [dict(PLANNED.findall(row[1] + "|")) for row in rows("Eight double lessons")]
    known = {f"{lesson.number:02d}": lesson for lesson in lessons()}
    names = {number: name for pair in planned for number, name in pair.items()}
    assert {} == {number: one.title for number, one in known.items() if not one.title.startswith(names[number])}
    assert [] == [pair for pair in planned if sum(known[n].minutes for n in pair if n in known) > MOST_MINUTES]


@pytest.mark.parametrize(("years", "verdict"), [(-7, "warn"), (0, "ok"), (3, "ok")])
def test_a_clock_before_the_last_commit_is_wrong(years: int, verdict: str) -> None:
    """Later ones may be right: a checkout can be old."""
    made = time.time()
    assert verdict == rooms.set_right(made + years * 365 * rooms.A_DAY, made).verdict


def test_the_clock_is_held_against_this_checkout() -> None:
    """It has a last commit, or a file that an archive has dated."""
    found = list(rooms.clock(load({}), "native"))
    assert ["clock"] == [finding.name for finding in found]


MOUNTS = [("/", "ext4"), ("/home", "nfs4"), ("/home/ada/local", "ext4")]


@pytest.mark.parametrize(
    ("folder", "verdict"),
    [("/home/ada/tasklab/.lab", "warn"), ("/home/ada/local/.lab", "ok"), ("/var/tmp/lab", "ok"), ("/homely", "ok")],
)
def test_a_state_folder_on_another_computer_is_told(folder: str, verdict: str) -> None:
    """By the innermost mount."""
    found = rooms.on_own_disk(Path(folder), MOUNTS)
    assert verdict == found.verdict
    assert ("LAB_STATE" in found.mend) == (verdict == "warn")


def test_files_of_somebody_else_are_told(tmp_path: Path) -> None:
    """As after sudo ./lab up; what is not there is nobody's."""
    (tmp_path / "lab.json").touch()
    there = [tmp_path / "lab.json", tmp_path / "none"]
    me = there[0].stat().st_uid
    assert ("ok", "fail") == (rooms.owned(there, me).verdict, rooms.owned(there, me + 1).verdict)
    assert f"sudo chown -R {me + 1} .lab .venv" == rooms.owned(there, me + 1).mend


def test_variables_that_mislead_python_are_told() -> None:
    """Together, with the line that takes them away."""
    [found] = rooms.misled({"PYTHONPATH": "/opt/course", "PYTHONHOME": "/opt"})
    assert ("warn", "unset PYTHONPATH PYTHONHOME") == (found.verdict, found.mend)
    assert [] == list(rooms.misled({"PYTHONPATH": ""}))


@pytest.mark.parametrize(
    ("version", "verdict"),
    [("20.10.5, Compose v2.21.0", "warn"), ("28.2.2, Compose 2.22.0", "ok"), ("30.0, Compose v5.0.1", "ok")],
)
def test_an_old_compose_is_told(version: str, verdict: str) -> None:
    """As it tells its version, with or without a letter."""
    assert verdict == machine.recent(version).verdict
