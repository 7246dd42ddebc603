"""Ports that checks give to programs."""

import socket
from pathlib import Path

import pytest

from lessons.kit import ports

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_they_are_different_and_free() -> None:
    """Each can be listened on."""
    found = ports.free_ports(50)
    assert len(set(found)) == len(found)
    for port in found:
        socket.create_server((ports.HOST, port)).close()


@pytest.mark.skipif(not RANGE.exists(), reason="only Linux says which ports it gives to outgoing connections")
def test_none_is_given_to_outgoing_connections() -> None:
    """A check that asks whether a program listens yet would else get that very port, and connect to itself."""
    first, last = map(int, RANGE.read_text(encoding="ascii").split())
    low, high = ports.CHOSEN_FROM
    assert high <= first or low > last


def test_a_port_that_is_taken_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one is."""
    with socket.create_server((ports.HOST, 0)) as taken:
        free = ports.free_port()
        tried = iter([taken.getsockname()[1], free])
        monkeypatch.setattr("random.randrange", lambda *_: next(tried))
        assert free == ports.free_port()
