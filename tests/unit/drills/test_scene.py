"""What a drill waits for and does, on a stage of paper."""

from contextlib import suppress

import pytest

from drills.entries import Stored
from drills.history import Outcome, Request
from drills.scene import Scene
from drills.sides import ASYNC, FLASK
from drills.waiting import TooLate
from tests.unit.drills.fakes import FakeDatabase, FakeStage, a_scene

MOMENT = 100.0


def served(accepted: float, stored: float) -> Scene:
    """A drill in which the Flask twin accepted and stored a task at these moments, and one before."""
    tasks = [Stored(f"id-{at}", f"task {at}", "", "flask", at=at) for at in (MOMENT - 1, stored)]
    scene = a_scene(FakeStage(database=FakeDatabase(tasks)))
    for start, end in ((MOMENT - 1, MOMENT + 0.1), (MOMENT + 0.2, accepted)):
        scene.history.add(Request(f"task {start}", "", "flask", start, end, Outcome.OK, 202))
    return scene


def test_how_soon_a_twin_serves_again_is_measured() -> None:
    """By the first task that was sent after the moment, and the first that was stored after it."""
    scene = served(accepted=MOMENT + 0.5, stored=MOMENT + 1.25)
    scene.wait_until_served_after(FLASK, MOMENT, "queue deleted")
    figures = [(one.name, one.value, one.goal, one.ok) for one in scene.figures["flask"]]
    assert [
        ("queue deleted → first 202, s", 0.5, "≤ 5", True),
        ("queue deleted → first stored, s", 1.25, "≤ 5", True),
    ] == figures
    assert {} == scene.problems


@pytest.mark.parametrize(("accepted", "stored", "late"), [(5.5, 1.0, "first 202"), (0.5, 5.5, "first stored")])
def test_a_twin_that_serves_again_too_late_has_failed(accepted: float, stored: float, late: str) -> None:
    """The words say in what, and by how much; the other twin is none the worse."""
    scene = served(MOMENT + accepted, MOMENT + stored)
    scene.wait_until_served_after(FLASK, MOMENT, "queue deleted")
    assert [f"queue deleted → {late}, s: 5.50, more than 5"] == scene.problems["flask"]
    assert [] == scene.problems[ASYNC.name]


def test_documents_are_refused_while_the_block_lasts() -> None:
    """The rule is off again also where the drill breaks off."""
    database = FakeDatabase()
    scene = a_scene(FakeStage(database=database))
    with suppress(TooLate), scene.refusing_documents():
        assert [{"nobody": {"$exists": True}}] == database.rules
        raise TooLate("it breaks off")
    assert {} == database.rules[-1]


def test_a_fault_is_told_when_it_begins_and_when_it_ends() -> None:
    """And noted as a band."""
    told: list[str] = []
    scene = a_scene()
    scene.tell = told.append
    with scene.fault("RabbitMQ killed"):
        assert ["RabbitMQ killed"] == told
    assert ["RabbitMQ killed", "healing"] == told
    assert ["RabbitMQ killed"] == [band.label for band in scene.bands]
