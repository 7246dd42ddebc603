"""Ports for programs that are told where to listen."""

import random
import socket

HOST = "127.0.0.1"
CHOSEN_FROM = (20_000, 32_000)
"""Not those that the system gives to outgoing connections: one of them may have taken it before the program listens, be
it the very connection that asks whether it does."""


def free_port() -> int:
    """One that nobody listens on at this moment."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Different ones."""
    found: set[int] = set()
    while len(found) < count:
        port = random.randrange(*CHOSEN_FROM)
        if not listens(port):
            found.add(port)
    return list(found)


def listens(port: int) -> bool:
    """Whether anybody listens there at this moment."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
