"""The drills of every day: each fault, on both twins, and after it an account in which every task is right."""

import os

import pytest

from cli.testing import WAY
from drills.campaign import in_order
from drills.catalogue import everything
from drills.drill import Drill
from drills.result import DrillResult
from drills.run import run
from drills.stage import Stage

LONGEST = 12.0
"""Seconds that a fault lasts here at most; ``./lab drill all`` takes its time."""
WAYS = "docker" if os.environ.get(WAY) == "docker" else "native"
DRILLS = in_order([one for one in everything().values() if one.ci and WAYS in one.ways])


@pytest.mark.timeout(300)
@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.name)
def test_every_task_is_accounted_for(stage: Stage, drill: Drill) -> None:
    """Accepted is stored, once, as offered; refused is nowhere; poison is dead, and nothing else is."""
    results = run(stage, drill, seconds=min(drill.seconds, LONGEST))
    assert ["flask", "async"] == [result.twin for result in results]
    assert {} == {result.twin: told(result) for result in results if not result.ok}


def told(result: DrillResult) -> list[str]:
    """What does not hold, and the ledger."""
    return [*result.problems[:20], str(result.account.columns())]
