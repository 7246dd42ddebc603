"""Which node of the broker is tried next, and when."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from pika.exceptions import ConnectionClosedByBroker

from core.settings import LIMITS, Settings
from tests.unit.services.twins import Twin

NAMES = ("a", "b", "c")


def nodes_of(twin: Twin, settings: Settings, hosts: tuple[str, ...] = NAMES) -> Any:
    """The nodes as one process of a twin goes through them."""
    return twin.module("nodes").Nodes(replace(settings, rabbit_hosts=hosts), "line")


def test_every_node_is_tried_before_any_is_tried_again(twin: Twin, settings: Settings) -> None:
    """Whatever the order."""
    nodes = nodes_of(twin, settings)
    tried = [nodes.next().host for _ in range(6)]
    assert (set(NAMES), tried[:3]) == (set(tried[:3]), tried[3:])


def test_processes_begin_with_different_nodes(twin: Twin, settings: Settings) -> None:
    """So that not all connections are to one node."""
    assert set(NAMES) == {nodes_of(twin, settings).next().host for _ in range(100)}


def test_those_who_lose_a_node_spread_over_the_others(twin: Twin, settings: Settings) -> None:
    """And do not all go to the one that is named after it."""
    rounds = [nodes_of(twin, settings) for _ in range(100)]
    after = Counter(nodes.next().host for nodes in rounds if nodes.next().host == "a")
    assert {"b", "c"} == set(after)


def test_the_next_node_is_tried_at_once_and_a_round_is_followed_by_a_pause(twin: Twin, settings: Settings) -> None:
    """A node that is down costs nothing; a cluster that is down is not hammered."""
    nodes = nodes_of(twin, settings)
    pauses = [nodes.fails() for _ in range(18)]
    ends = pauses[2::3]
    assert {0.0} == set(pauses) - set(ends)
    assert 0.05 <= min(ends) <= max(ends) <= 2.0
    assert ends[0] <= 0.1 < ends[-1]


def test_one_node_has_a_pause_after_each_failure(twin: Twin, settings: Settings) -> None:
    """A cluster of one."""
    nodes = nodes_of(twin, settings, ())
    assert all(nodes.fails() > 0 for _ in range(10))


def test_after_a_node_that_works_the_next_failure_is_another_one(twin: Twin, settings: Settings) -> None:
    """Its pause and its news begin anew."""
    nodes = nodes_of(twin, settings, ())
    for _ in range(8):
        nodes.fails()
    told = [nodes.is_new("gone"), nodes.is_new("gone")]
    nodes.works()
    assert ([True, False], True) == (told, nodes.is_new("gone"))
    assert nodes.fails() <= 0.1


def test_what_went_wrong_names_the_node(twin: Twin, settings: Settings) -> None:
    """There are several to look at."""
    nodes = nodes_of(twin, settings, ("a:1", "b:2"))
    for _ in range(2):
        node = nodes.next()
        assert f"RabbitMQ at {node.host}:{node.port} does not answer (refused)" == nodes.explain(OSError("refused"))


def test_a_broker_without_the_plugin_is_told_so(twin: Twin, settings: Settings) -> None:
    """In the words of RabbitMQ 3.10."""
    nodes = nodes_of(twin, settings, ())
    nodes.next()
    why = nodes.explain(ConnectionClosedByBroker(503, "COMMAND_INVALID - unknown exchange type 'x-consistent-hash'"))
    assert "rabbitmq_consistent_hash_exchange" in why


@pytest.mark.parametrize("name", ["socket_timeout", "stack_timeout"])
def test_a_node_that_swallows_everything_costs_a_bounded_time(twin: Twin, settings: Settings, name: str) -> None:
    """Then the next one is tried."""
    assert LIMITS.connect_timeout == getattr(nodes_of(twin, settings).next(), name)


def test_a_computer_that_has_vanished_is_noticed_before_its_heartbeats_are_missed(
    twin: Twin, settings: Settings
) -> None:
    """The system ends a connection whose bytes nobody acknowledges."""
    options = nodes_of(twin, settings).next().tcp_options
    assert {"TCP_USER_TIMEOUT": LIMITS.unreachable * 1000} == options
    assert LIMITS.unreachable < LIMITS.heartbeat
