"""Faults on a lab with four shards, on both twins, and after each an account in which every task is right.

The drills are those that a queue has a part in; the rest knows nothing of queues.
"""

import pytest

from drills.campaign import in_order
from drills.catalogue import everything
from drills.drill import Drill
from drills.result import DrillResult
from drills.run import run
from drills.stage import Stage
from tests.drills.test_drills import told

NAMES = (
    "kill-worker",
    "kill-rabbitmq",
    "queue-deleted",
    "poison",
    "crash-poison",
    "delete-retry-queue",
)
SHORT = 3.0
"""Seconds that a fault lasts here at most: that it is survived has been shown with one queue."""
DRILLS = in_order([everything()[name] for name in NAMES])


@pytest.mark.timeout(300)
@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.name)
def test_every_task_is_accounted_for(stage: Stage, drill: Drill) -> None:
    """Accepted is stored, once, as offered; refused is nowhere; poison is dead, and nothing else is."""
    results = run(stage, drill, seconds=min(drill.seconds, SHORT))
    assert ["flask", "async"] == [result.twin for result in results]
    assert {} == {result.twin: told(result) for result in results if wrong(result)}


def wrong(result: DrillResult) -> list[str]:
    """What does not hold, but for how soon: seconds are goals of ``tests/drills``, and of the same code."""
    late = ("the slowest answer", *(figure.name for figure in result.figures if not figure.ok))
    return [problem for problem in result.problems if not problem.startswith(late)]
