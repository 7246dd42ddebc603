"""Three nodes of RabbitMQ on this computer, for as long as somebody needs them. Each has about 125 MB; no data stay.

``python -m lessons.kit.cluster`` runs them until Ctrl-C. They are nodes of their own, with their own names, ports, data
and port mapper, beside the lab's: whatever is done to them, the lab does not notice.
"""

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pika
from pika.exceptions import AMQPError

from lessons.kit import nodes
from lessons.kit.nodes import Node
from lessons.kit.ports import HOST, free_ports
from lessons.kit.program import LAST_LINES
from lessons.kit.verdict import CannotJudge
from lessons.kit.waiting import until

COUNT = 3
STARTS_WITHIN = 150.0
"""A quiet computer needs a tenth of it."""
PLACES = os.pathsep.join(("/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/sbin", "/opt/homebrew/bin"))
UNWRAPPED = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""Debian's own; what is in its PATH switches the user and the data first."""
INSTALL = (
    "sudo apt-get install rabbitmq-server && sudo systemctl disable --now rabbitmq-server (Debian, Ubuntu, WSL); "
    "brew install rabbitmq (macOS); then again."
)
TOGETHER = "together"
"""A queue by which one sees whether they know each other."""


@dataclass(frozen=True)
class Cluster:
    """All of them."""

    nodes: list[Node]

    @property
    def addresses(self) -> str:
        """As RABBIT_HOSTS has them."""
        return ",".join(node.address for node in self.nodes)


@contextmanager
def cluster(scratch: Path, user: str = "guest", password: str = "guest") -> Iterator[Cluster]:
    """Up while the block lasts; CannotJudge, with a node's last words, where they do not come up."""
    scratch.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="cluster-", dir=scratch, ignore_cleanup_errors=True) as made,
        ExitStack() as end,
    ):
        mapper, *ports = free_ports(1 + 2 * COUNT)
        environ = nodes.shared(Path(made), mapper)
        end.callback(nodes.started("epmd", [_need("epmd")], environ, Path(made)).kill)
        names = [f"tasklab-{ports[0]}-{number}@localhost" for number in range(1, COUNT + 1)]
        found = Cluster([])
        for number, name in enumerate(names, start=1):
            port, distribution = ports[number - 1], ports[-number]
            folder = nodes.prepared(Path(made, str(number)), names, port, (user, password))
            told = {**environ, **nodes.told(folder, name, distribution)}
            started = nodes.started(f"node {number}", [_need("rabbitmq-server")], told, folder)
            end.callback(started.kill)
            found.nodes.append(Node(number, port, started))
        _wait(found, pika.PlainCredentials(user, password))
        yield found


def _need(name: str) -> str:
    """Where a program is; CannotJudge where it is not."""
    erlang = sorted(str(path.parent) for path in Path("/usr/lib/erlang").glob("erts-*/bin/epmd"))
    path = os.pathsep.join((os.environ.get("PATH", ""), PLACES, *erlang))
    found = str(UNWRAPPED) if UNWRAPPED.name == name and UNWRAPPED.exists() else shutil.which(name, path=path)
    if found is None or os.name == "nt":
        raise CannotJudge(f"a cluster needs {name}, and there is no such program on this computer", INSTALL)
    return found


def _wait(made: Cluster, login: Any) -> None:
    """Until all of them listen, which each does when it has joined; CannotJudge where that does not come."""

    def missing(queue: str = "") -> list[Node]:
        return [node for node in made.nodes if not _knows(node, login, queue)]

    until(lambda: not all(node.running.runs for node in made.nodes) or not missing(), STARTS_WITHIN)
    away = missing()
    if not away:
        with _connected(made.nodes[0], login) as channel:
            channel.queue_declare(TOGETHER, durable=True)
            away = missing(TOGETHER)
            channel.queue_delete(TOGETHER)
    if away:
        words = "\n".join(away[0].running.said().strip().splitlines()[-LAST_LINES:])
        what = f"node {away[0].number} of three did not join the cluster: {words}"
        raise CannotJudge(what, "Try again; if it stays so, see whether this computer has 500 MB of memory left.")


def _knows(node: Node, login: Any, queue: str) -> bool:
    """Whether a node answers, and knows this queue, where one is named."""
    try:
        with _connected(node, login) as channel:
            if queue:
                channel.queue_declare(queue, passive=True)
    except (AMQPError, OSError):
        return False
    return True


@contextmanager
def _connected(node: Node, login: Any) -> Iterator[Any]:
    """A channel to this node."""
    address = pika.ConnectionParameters(
        HOST, node.port, credentials=login, socket_timeout=3, blocked_connection_timeout=3
    )
    connection = pika.BlockingConnection(address)
    try:
        yield connection.channel()
    finally:
        if connection.is_open:
            connection.close()


def main() -> None:
    """Until Ctrl-C."""
    sys.stdout.write("three nodes start …\n")
    sys.stdout.flush()
    with tempfile.TemporaryDirectory() as scratch, cluster(Path(scratch)) as made:
        for node in made.nodes:
            sys.stdout.write(f"node {node.number}: {node.address}, its end: kill -9 {node.running.process.pid}\n")
        sys.stdout.write(f"They are up (Ctrl-C ends them). For your programs:\nexport RABBIT_HOSTS={made.addresses}\n")
        alive = list(made.nodes)
        while alive:
            sys.stdout.flush()
            for node in [one for one in alive if not one.running.runs]:
                alive.remove(node)
                majority = (
                    "a majority: they go on" if len(alive) > COUNT / 2 else "no majority: nothing is taken any more"
                )
                sys.stdout.write(f"node {node.number} is gone; {len(alive)} of {COUNT} are {majority}\n")
            time.sleep(0.2)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
    except CannotJudge as error:
        sys.exit(f"{error} {error.mend}")
