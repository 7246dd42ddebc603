"""The doctor's probes, with what they see put in front of them."""

import os
import socket
import sys
from pathlib import Path

import pytest

from cli import machine, memory, occupied, remains
from cli.ports import free_port, holder, is_free
from core.topology import topology
from tests.unit.cli.fakes import a_lab

GONE = 2**22 + 1
"""No process has this number: it is above the highest one Linux gives."""


def test_a_processor_without_avx_fails() -> None:
    """MongoDB ends at once on it."""
    assert machine.avx("flags\t\t: fpu sse2 aes\n").verdict == "fail"


def test_a_processor_with_avx_is_fine() -> None:
    """One flag among many."""
    assert machine.avx("processor: 0\nflags\t\t: fpu avx sse2\n").verdict == "ok"


@pytest.mark.parametrize(("free", "verdict"), [(1, "fail"), (15, "warn"), (30, "ok")])
def test_too_little_fails_and_little_warns(free: int, verdict: str) -> None:
    """Of memory and of disk."""
    assert verdict == machine.enough("disk", free, needed=10, comfortable=20, mend="").verdict


def test_mongod_is_downloaded_where_one_is_packaged() -> None:
    """A warning, because up will do it."""
    assert machine.mongod(None, cached=False, processor="x86_64").verdict == "warn"


def test_without_a_packaged_mongod_it_must_be_installed() -> None:
    """ARM, for example."""
    assert machine.mongod(None, cached=False, processor="aarch64").verdict == "fail"


def test_a_proxy_that_also_gets_localhost_is_warned_of() -> None:
    """curl would ask it for the lab."""
    assert [finding.verdict for finding in machine.proxy({"http_proxy": "http://p:3128"})] == ["warn"]


def test_a_proxy_that_spares_localhost_is_fine() -> None:
    """no_proxy, in either case."""
    assert list(machine.proxy({"http_proxy": "http://p:3128", "NO_PROXY": "10.0.0.1, localhost"})) == []


def test_a_taken_port_names_who_has_it(tmp_path: Path) -> None:
    """And the variable that moves the lab elsewhere."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        lab = a_lab(tmp_path, HTTP_PORT=str(port))
        found = next(one for one in occupied.ports(lab, "native") if one.name == "HTTP_PORT")
    assert found.verdict == "fail"
    assert f"pid {os.getpid()}" in found.seen
    assert "HTTP_PORT=" in found.mend


def test_a_free_port_is_free() -> None:
    """And nobody holds it."""
    port = free_port()
    assert (is_free(port), holder(port)) == (True, None)


def test_the_same_queue_is_fine() -> None:
    """Compared argument by argument."""
    work = topology("task_queue").shards[0].work
    assert occupied.compare(work.name, work.arguments, dict(work.arguments)).verdict == "ok"


def test_the_tutorial_s_queue_is_not_ours() -> None:
    """A durable quorum queue without our arguments: RabbitMQ refuses ours with 406."""
    work = topology("task_queue").shards[0].work
    found = occupied.compare(work.name, work.arguments, {"x-queue-type": "quorum"})
    assert found.verdict == "fail"
    assert "x-delivery-limit" in found.seen


def test_tasks_of_a_shard_that_there_is_no_more_are_told() -> None:
    """Nobody consumes them until there are as many shards again."""
    found = occupied.left_behind("task_queue.4", 7, 4)
    assert ("fail", True) == (found.verdict, "QUEUE_SHARDS=4 ./lab up" in found.mend)


def test_a_state_folder_of_another_checkout_is_told(tmp_path: Path) -> None:
    """A copied folder brings its .lab with it."""
    lab = a_lab(tmp_path)
    memory.remember(lab.state, memory.Memory(root="/elsewhere"))
    assert [finding.verdict for finding in remains.state_folder(lab, "native")] == ["warn"]


@pytest.mark.skipif(sys.platform != "linux", reason="the native way is Linux only")
def test_a_killed_lab_is_told(tmp_path: Path) -> None:
    """Its supervisord's number stands in a file, and no such process lives."""
    lab = a_lab(tmp_path)
    lab.state.mkdir()
    (lab.state / "supervisord.pid").write_text(str(GONE))
    assert [finding.verdict for finding in remains.state_folder(lab, "native")] == ["warn"]


def test_windows_line_ends_are_found(tmp_path: Path) -> None:
    """In what shells and containers read."""
    lab = a_lab(tmp_path)
    (tmp_path / "lab").write_bytes(b"#!/usr/bin/env python3\r\n")
    [found] = remains.line_ends(lab, "docker")
    assert (
        found.verdict,
        found.mend,
    ) == ("fail", "git config core.autocrlf false, delete these files, then: git checkout -- lab")
