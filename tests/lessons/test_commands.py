"""The commands of the course, typed on a lab that runs."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cli.course import work
from cli.course.checking import judge
from cli.course.lesson import Lesson, lessons
from lessons.kit.place import Place
from tests.support.stack import ROOT, Stack
from tests.support.waiting import wait_until

STUDENTS = [f"student-{number}" for number in range(1, 5)]
PRODUCER = lessons()[3]


def lab(*words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """What ``./lab WORDS`` ends with, typed by a student called ada."""
    environ = {**os.environ, "LAB_STUDENT": "ada", **environ}
    command = [sys.executable, "lab", *words]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture
def ada(stack: Stack) -> Iterator[Place]:
    """Where ada's answers to the lesson on consumers are tried; nothing is left of it."""
    place = Place("ada", 5, Path(), Path(os.environ["LAB_STATE"], "scratch"), stack.addresses)
    yield place
    place.clean()


def test_one_goes_to_the_end_and_to_the_beginning_of_a_lesson(ada: Place) -> None:
    """Files, queues and data."""
    ended = lab("goto", "05", "solution", "--yes")
    assert 0 == ended.returncode, ended.stderr
    assert 8 == ada.documents.count_documents({})
    begun = lab("goto", "05", "start")
    assert 0 == begun.returncode, begun.stderr
    queue = ada.look()
    assert queue is not None
    assert (9, 0) == (queue.ready, ada.documents.count_documents({}))


def test_a_program_is_run_on_the_students_own_queue(stack: Stack) -> None:
    """With what its check would tell it; its exit code is the command's."""
    assert 0 == lab("goto", "04", "solution", "--yes").returncode
    done = lab("run", "producer.py", "--one", "two")
    assert 2 == len(re.findall(r"^confirmed \S+$", done.stdout, re.MULTILINE)), done.stderr
    assert (0, 2) == (done.returncode, lab("run", "other.py").returncode)
    Place("ada", 4, Path(), Path(), stack.addresses).delete()


def test_a_program_may_finish_what_it_has_in_hand_after_ctrl_c(stack: Stack, tmp_path: Path) -> None:
    """It hears of it too, and the command waits for it."""
    assert 0 == lab("goto", "09", "solution", "--yes").returncode
    printed, environ = tmp_path / "printed", {**os.environ, "LAB_STUDENT": "ada"}
    with printed.open("wb") as out:
        command = [sys.executable, "lab", "run", "consumer.py"]
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, start_new_session=True)
    wait_until(lambda: "begun" in printed.read_text(encoding="utf-8"), 40, "the worker has begun a task")
    os.killpg(process.pid, signal.SIGINT)
    assert (0, "stopped") == (process.wait(40), printed.read_text(encoding="utf-8").splitlines()[-1])
    Place("ada", 9, Path(), Path(), stack.addresses).clean()


def test_what_is_not_yet_right_ends_with_one() -> None:
    """And our answer is not shown yet."""
    assert 0 == lab("goto", "04", "start", "--yes").returncode
    failed = lab("check", "04", "--json")
    assert (1, False) == (failed.returncode, json.loads(failed.stdout)["passed"])
    assert "Checking 04" in failed.stderr
    assert 1 == lab("solve", "04").returncode


def test_what_is_right_ends_with_nought() -> None:
    """Each time it is asked for; then our answer is shown."""
    assert 0 == lab("goto", "04", "solution", "--yes").returncode
    passed = lab("check", "04", "--json", "--repeat", "2")
    assert (0, [True, True]) == (passed.returncode, [json.loads(one)["passed"] for one in passed.stdout.splitlines()])
    assert 0 == lab("solve", "04").returncode


def test_wrong_use_ends_with_two_and_a_lab_that_is_away_with_three(tmp_path: Path) -> None:
    """Neither says anything about the student's work."""
    assert 2 == lab("check", "99").returncode
    away = lab("check", "04", "--json", LAB_STATE=str(tmp_path), COMPOSE_PROJECT_NAME=f"none{os.getpid()}")
    assert (3, None) == (away.returncode, json.loads(away.stdout)["passed"])


def checked(student: str, lesson: Lesson, folder: Path, addresses: dict[str, Any]) -> list[str]:
    """What the steps of a check find for a student with our solution."""
    work.put(lesson.part("solution"), folder / "work")
    place = Place(student, lesson.number, folder / "work", folder / "scratch", addresses)
    return [f"{one.state} {one.seen}".strip() for one in judge(lesson, place)]


def test_students_share_a_broker_without_meeting(stack: Stack, tmp_path: Path) -> None:
    """All of them at the same time."""
    with ThreadPoolExecutor(len(STUDENTS)) as pool:
        asked = [pool.submit(checked, one, PRODUCER, tmp_path / one, stack.addresses) for one in STUDENTS]
    assert [["passed"] * 4] * len(STUDENTS) == [one.result() for one in asked]
