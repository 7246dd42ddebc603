"""Lesson 16 without a network: its service is in JavaScript, and neither Node.js nor npm's packages are downloaded."""

from pathlib import Path

import pytest

from tests.offline.conftest import PATIENCE
from tests.offline.student import Student

pytestmark = pytest.mark.timeout(PATIENCE)
FOLDER = "work/16-your-own"


def test_the_service_of_lesson_16_starts_when_the_stick_is_gone(ada: Student, pulled_out: Path, tmp_path: Path) -> None:
    """On a computer that has no Node.js: both programs run, and its producer says that it is ready."""
    assert not pulled_out.exists()
    task = ada.lab("task", "16")
    assert 0 == task.code, task.text
    nothing = ("env", f"PATH={tmp_path}")
    with ada.starts(*nothing, ".venv/bin/python", "-m", "lessons.kit.yours", FOLDER) as said:
        first = [next(said) for _ in range(2)]
        assert "unpacking Node.js" in first[0], first
        assert first[1].startswith("Your service: "), [*first, *said]
    assert (ada.checkout / ".lab/cache/node/venv/bin/node").is_file()
    assert not list((ada.checkout / FOLDER).glob("node_modules"))
