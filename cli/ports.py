"""TCP ports of this computer: which are free, which process holds one."""

import random
import socket
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import psutil

from cli.language import _

LOOPBACK = "127.0.0.1"
CHOSEN_FROM = (20_000, 32_000)


@dataclass(frozen=True)
class Holder:
    """Who listens on a port. Other users' processes can be unknown to us."""

    pid: int | None
    name: str


def free_port(taken: Collection[int] = ()) -> int:
    """A port nobody listens on, and not one of ``taken``.

    Not from the range the system takes for outgoing connections: while a server is down, a client that tries to reach
    such a port can be given the same one as its own, connects to itself, and the server finds its port taken.
    """
    while True:
        port = random.randrange(*CHOSEN_FROM)
        if port not in taken and is_free(port):
            return port


def free_ports(count: int) -> list[int]:
    """``count`` different free ports."""
    found: list[int] = []
    while len(found) < count:
        found.append(free_port(found))
    return found


def is_free(port: int, address: str = LOOPBACK) -> bool:
    """Whether a server could listen there now; a port that we merely may not use counts as free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except PermissionError:
            return not answers(port)
        except OSError:
            return False
    return True


def answers(port: int, address: str = LOOPBACK, timeout: float = 1.0) -> bool:
    """Whether a connection to the port is taken."""
    try:
        with socket.create_connection((address, port), timeout=timeout):
            return True
    except OSError:
        return False


def holder(port: int) -> Holder | None:
    """The process that listens on ``port``; None where nobody does or the system does not tell."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except (psutil.AccessDenied, OSError):
        return None
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and _port(connection) == port:
            return Holder(connection.pid, _name(connection.pid))
    return None


def held_by(pids: Collection[int]) -> set[int]:
    """The ports that any of these processes listens on."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except (psutil.AccessDenied, OSError):
        return set()
    return {_port(one) for one in connections if one.status == psutil.CONN_LISTEN and one.pid in pids}


def _port(connection: Any) -> int:
    """The local port of what psutil found; its addresses are empty tuples where there is none."""
    return int(connection.laddr.port) if connection.laddr else 0


def _name(pid: int | None) -> str:
    if pid is None:
        return _("a process of another user")
    try:
        return str(psutil.Process(pid).name())
    except psutil.Error:
        return _("a process of another user")
