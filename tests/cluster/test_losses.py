"""Any one part of the cluster may be lost under load: nothing is lost, and the service is back within ten seconds."""

from collections.abc import Callable
from functools import partial

import pytest

from tests.cluster.account import Loss, Ordeal
from tests.cluster.cluster import MEMBERS, Cluster

BACK_WITHIN = 10.0
"""Seconds until the first 202 and the first stored task after a loss."""

PARTS: dict[str, Callable[[Cluster], str]] = {
    "broker: leader": Cluster.leader,
    "broker: follower": Cluster.follower,
    "database: primary": Cluster.primary,
    "API: flask": lambda cluster: "flask",
    "API: asyncapp": lambda cluster: "asyncapp",
    "worker: pyworker": lambda cluster: "pyworker",
    "worker: asyncworker": lambda cluster: "asyncworker",
}


def judged(loss: Loss) -> dict[str, object]:
    """What the issue is about: what was accepted is stored, once; and how soon the service was back."""
    account = loss.account
    return {
        "wrong": [f"{one.kind} {one.id} {one.known}" for one in account.wrong],
        "waiting": account.queued + account.unacknowledged,
        "dead": account.dead,
        "accepted too late, s": max(0.0, loss.first_accepted - BACK_WITHIN),
        "stored too late, s": max(0.0, loss.first_stored - BACK_WITHIN),
    }


def all_is_well() -> dict[str, object]:
    """As it must be."""
    return {
        "wrong": [],
        "waiting": 0,
        "dead": 0,
        "accepted too late, s": 0.0,
        "stored too late, s": 0.0,
    }


def test_every_queue_has_three_members(cluster: Cluster) -> None:
    """Also where it was declared by the first service that found the first node."""
    queues = cluster.api("/queues/%2F")
    assert len(queues) == 5
    assert {MEMBERS} == {len(queue["members"]) for queue in queues}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("what", PARTS)
def test_a_part_is_lost_and_nothing_else(cluster: Cluster, record: list[Loss], what: str) -> None:
    """SIGKILL under load; it is started again later, with its data."""
    who = PARTS[what](cluster)
    container = cluster.container(who)
    loss = Ordeal(cluster).go(what, who, lambda: cluster.lose(container), lambda: cluster.bring_back(container))
    record.append(loss)
    assert all_is_well() == judged(loss)


@pytest.mark.timeout(600)
def test_the_brokers_nodes_are_restarted_in_turn(cluster: Cluster, record: list[Loss]) -> None:
    """As for an update: each is stopped and started while the others serve."""
    nodes = [node["name"].partition("@")[2] for node in cluster.api("/nodes")]
    assert MEMBERS == len(nodes)

    for node in nodes:
        container = cluster.container(node)
        bring_back = partial(cluster.bring_back, container)
        loss = Ordeal(cluster).go("broker: restart", node, partial(cluster.stop, container), bring_back)
        record.append(loss)
        assert all_is_well() == judged(loss)
