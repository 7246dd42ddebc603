"""The twins' queues: one place has their names, and what repeats them agrees."""

import re

import yaml

from core.topology import topology
from drills.catalogue.broker import policy, work_queues
from drills.sides import SIDES
from tests.meta.house import ROOT
from tests.unit.drills.fakes import FakeStage, a_scene


def test_compose_gives_each_service_the_queue_of_its_twin() -> None:
    """A queue that nobody looks at would make every drill fail, or none."""
    document = yaml.safe_load((ROOT / "drills" / "compose.yml").read_text(encoding="utf-8"))
    given = {name: service["environment"] for name, service in document["services"].items() if "environment" in service}
    expected = {service: {"RABBIT_QUEUE": side.queue} for side in SIDES for service in side.services}
    assert expected == given


def test_the_pattern_of_the_policy_fits_the_work_queues_and_no_others() -> None:
    """Neither their retries and dead letters, nor the lab's own queue, nor one whose name only looks like it."""
    names = [queue.name for side in SIDES for queue in side.topology.queues]
    others = ["task_queue", *(queue.name for queue in topology("task_queue").queues)]
    others += [side.queue.replace(".", "x") for side in SIDES]
    assert [side.queue for side in SIDES] == [name for name in names + others if re.search(work_queues(SIDES), name)]


def test_a_policy_is_there_while_the_block_lasts() -> None:
    """On the work queues."""
    stage = FakeStage()
    with policy(a_scene(stage), "full", {"max-length": 20}):
        [(method, path, document)] = stage.broker.asked
        assert ("PUT", "/policies/%2F/full", work_queues(SIDES)) == (method, path, document["pattern"])
    assert ("DELETE", "/policies/%2F/full", None) == stage.broker.asked[-1]
