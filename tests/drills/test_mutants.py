"""Negative controls: services with a planted defect, and the ledger that must see it.

A defect is planted in the program that a native service runs. A service in a container runs what its image holds, and
cannot be given one; so with docker the test that hunts them is not defined, instead of being skipped unseen.
"""

import os
from dataclasses import replace

import pytest

from cli.testing import WAY
from drills import mutants
from drills.catalogue import everything
from drills.mutants import Mutant
from drills.run import run
from drills.sides import SIDES
from drills.stage import Stage

DAILY = {"non-idempotent", "swallowed-nack", "too-early"}
"""Those that are hunted every day; ``./lab drill mutants`` hunts all."""
NATIVE = os.environ.get(WAY) != "docker"
PLANTED = [one for one in mutants.everything() if one.name in DAILY]

if NATIVE:

    @pytest.mark.timeout(300)
    @pytest.mark.parametrize("mutant", PLANTED, ids=lambda mutant: mutant.name)
    def test_a_planted_defect_is_caught(stage: Stage, mutant: Mutant) -> None:
        """On both twins, by the ledger."""
        found = mutants.hunt(stage, mutant, SIDES, seed=1)
        assert {"flask": True, "async": True} == {one.twin: one.caught for one in found}, [one.how for one in found]


def test_each_planted_defect_names_a_drill_there_is() -> None:
    """At least eight of them."""
    planted = mutants.everything()
    assert len(planted) >= 8
    assert set() == {one.drill for one in planted} - set(everything())
    assert DAILY <= {one.name for one in planted}


def test_a_drill_without_any_task_proves_nothing(stage: Stage) -> None:
    """And says so."""
    idle = replace(everything()["kill-nginx"], clients=0, inject=lambda scene: None)
    assert all("nothing is proven" in " ".join(result.problems) for result in run(stage, idle))
