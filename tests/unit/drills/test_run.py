"""The run of a drill, on a stage of paper."""

from collections.abc import Callable
from dataclasses import replace
from itertools import groupby
from typing import Any

import pytest

from drills import mutants, run
from drills.catalogue import everything
from drills.drill import Drill
from drills.scene import Scene
from drills.sides import SIDES
from tests.unit.drills.fakes import FakeLoad, FakeStage

Told = Callable[..., list[str]]


def breaks(scene: Scene) -> None:
    """A fault of no duration."""
    with scene.fault("it breaks"):
        scene.hold(0)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """The phases of a drill, one after the other, each once."""
    monkeypatch.setattr(run, "Load", FakeLoad)
    monkeypatch.setattr(Scene, "wait_for_accepted", lambda *_: None)
    stage: Any = FakeStage()

    def told_by(drill: Drill) -> list[str]:
        heard: list[str] = []
        run.run(stage, replace(drill, inject=breaks, settle=0), tell=heard.append)
        return [phase for phase, _ in groupby(heard)]

    return told_by


def test_each_phase_is_told_as_it_begins(told: Told) -> None:
    """The fault by the name that it has in the report."""
    expected = ["preparing", "load", "it breaks", "healing", "load after it", "settling"]
    assert expected == told(everything()["kill-nginx"])


def test_a_drill_without_load_of_its_own_tells_of_none(told: Told) -> None:
    """It sends what it needs itself."""
    assert ["preparing", "it breaks", "healing", "settling"] == told(replace(everything()["kill-nginx"], clients=0))


def test_the_hunt_for_a_defect_tells_the_phases_of_its_drill(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that both look alike."""
    heard: list[str] = []
    monkeypatch.setattr(mutants, "run", lambda *words: words[-1]("load") or [])
    stage: Any = FakeStage()
    mutants.hunt(stage, mutants.everything()[0], SIDES, 1, heard.append)
    assert ["load"] == heard


@pytest.mark.parametrize(("way", "possible"), [("native", True), ("docker", False)])
def test_only_native_services_can_be_given_a_defect(way: str, possible: bool) -> None:
    """Those in containers run as they were built."""
    stage: Any = FakeStage(way)
    assert possible is (not mutants.impossible(stage))
