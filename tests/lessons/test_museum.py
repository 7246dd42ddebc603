"""Every drill of lesson 12's museum has been seen to fail: each catches the exhibit that it is made for.

That each finds nothing in the mended exhibit is the proof of the lesson's solution, which names and mends all twelve.
"""

from pathlib import Path

import pytest

from cli.course import work
from cli.course.lesson import SOLUTION, STARTER, Lesson, lessons
from lessons.kit.museum.drills import DRILLS, Found, run_all
from lessons.kit.museum.names import DEFECTS, EXHIBITS, RIGHT, read
from lessons.kit.place import Place
from tests.support.stack import Stack

SAYS = {
    "exhibit_01": "tasks are nowhere",
    "exhibit_02": "the broker has no others on its disk",
    "exhibit_03": "stored more than once",
    "exhibit_04": "the first worker holds 100 of 100",
    "exhibit_05": "it is answered when the store has answered the other client",
    "exhibit_06": "6 of 12 are not there",
    "exhibit_07": "nothing on",
    "exhibit_08": "stored, and among the dead letters as well",
    "exhibit_09": "and would come again",
    "exhibit_10": "attempts at one task",
    "exhibit_11": "tasks are nowhere",
    "exhibit_12": "the broker has none of them",
}
"""What each drill must have seen, so that it has caught the defect and not something else."""


@pytest.fixture(scope="module")
def museum() -> Lesson:
    """The lesson that has it."""
    return next(one for one in lessons() if one.name.endswith("break-it"))


@pytest.fixture(scope="module")
def caught(museum: Lesson, stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Found]:
    """What the drills see of the exhibits as students get them."""
    folder = tmp_path_factory.mktemp("museum")
    work.put(museum.part(STARTER), folder / "work")
    place = Place("museum", museum.number, folder / "work", folder / "scratch", stack.addresses)
    return {one.exhibit: one for one in run_all(place, EXHIBITS)}


@pytest.mark.parametrize("exhibit", EXHIBITS)
def test_a_drill_catches_the_defect_of_its_exhibit(exhibit: str, caught: dict[str, Found]) -> None:
    """By what it has seen."""
    found = caught[exhibit].missing
    assert found is not None, f"nothing was found: {caught[exhibit].seen}"
    assert SAYS[exhibit] in found.seen, f"{found}; {found.hop}"


def test_every_exhibit_has_a_drill_and_a_defect_of_its_own() -> None:
    """And four names belong to none."""
    assert list(DRILLS) == list(RIGHT) == list(EXHIBITS)
    assert (len(EXHIBITS), len(EXHIBITS) + 4) == (len(set(RIGHT.values())), len(DEFECTS))
    assert set() == set(RIGHT.values()) - set(DEFECTS)


def test_the_solution_names_and_mends_all_of_them(museum: Lesson, tmp_path: Path) -> None:
    """So its proof runs every drill on a mended exhibit."""
    work.put(museum.part(SOLUTION), tmp_path / "work")
    assert RIGHT == read(tmp_path / "work")
    starter, solution = museum.part(STARTER), museum.part(SOLUTION)
    assert [] == [name for name in EXHIBITS if starter[f"{name}.py"] == solution[f"{name}.py"]]


def test_the_lesson_lists_the_names(museum: Lesson) -> None:
    """All of them, in every language."""
    for page in museum.folder.glob("README*.md"):
        listed = [
            line.split("`")[1] for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| `")
        ]
        assert list(DEFECTS) == [name for name in listed if name in DEFECTS], page.name
