"""What these tests share: a stick, packed with a network, and a student whose lab came from it."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.config import ROOT
from cli.pack import stick as sticks
from cli.pack.stick import Stick
from tests.offline.student import Said, Student, student

PATIENCE = 900


@dataclass(frozen=True)
class Class:
    """The student, and what the first ``./lab up`` has said."""

    student: Student
    up: Said
    memory: int
    """Bytes that the lab takes as soon as it is ready."""


@pytest.fixture(scope="session")
def stick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stick]:
    """Packed as a teacher does it, without images: containers would not be in the namespace."""
    folder = tmp_path_factory.mktemp("media") / "stick of ours"
    done = subprocess.run(
        [sys.executable, str(ROOT / "lab"), "pack", str(folder), "--no-images"],
        capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert 0 == done.returncode, done.stdout + done.stderr
    yield sticks.opened(folder)
    shutil.rmtree(folder)  # pytest keeps the folders of three runs.


@pytest.fixture(scope="session")
def lesson(stick: Stick, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    """The lab is up, from the stick."""
    with student(tmp_path_factory.mktemp("home")) as ada:
        cloned = ada.types("git", "clone", "--quiet", str(stick.folder / sticks.BUNDLE), "tasklab")
        assert 0 == cloned.code, cloned.text
        up = ada.lab("up", sticks.OPTION, str(stick.folder))
        assert 0 == up.code, up.text
        yield Class(ada, up, ada.net.memory())


@pytest.fixture(scope="session")
def ada(lesson: Class) -> Student:
    """She has the lab up."""
    return lesson.student


@pytest.fixture
def pulled_out(stick: Stick) -> Iterator[Path]:
    """The stick's folder, somewhere else while the test lasts: it is pulled out."""
    elsewhere = stick.folder.with_name("pulled out")
    stick.folder.rename(elsewhere)
    try:
        yield stick.folder
    finally:
        elsewhere.rename(stick.folder)
