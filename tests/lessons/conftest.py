"""What the lessons need beside the lab."""

import pytest

from cli import packages


@pytest.fixture(scope="session", autouse=True)
def prometheus() -> None:
    """Lesson 13 judges alerts by the real one, and its promtool; the lab itself has it only where it is watched."""
    packages.ensure_program("prometheus")
