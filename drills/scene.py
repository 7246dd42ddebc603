"""What a drill has in its hands while its load runs: findings, waits, and deeds."""

import socket
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from cli.ports import LOOPBACK
from drills import processes
from drills.history import Outcome, Request
from drills.load import Client, unique
from drills.processes import ENDED_WITHIN
from drills.sides import Side
from drills.waiting import wait_until
from drills.waits import BACK_WITHIN, Waits

BACKLOG_CLIENTS = 16
AMQP_HEADER = b"AMQP\x00\x00\x09\x01"


class Scene(Waits):
    """One drill while it runs: what it finds, what it can wait for, what it can do to the parts."""

    def send_backlog(self, count: int) -> None:
        """That many more accepted tasks for each twin, sent over many connections at once."""
        loads = [(side, number) for side in self.sides for number in range(BACKLOG_CLIENTS)]
        with ThreadPoolExecutor(len(loads)) as pool:
            for done in [pool.submit(self._send, side, count // BACKLOG_CLIENTS) for side, _ in loads]:
                done.result()

    def _send(self, side: Side, count: int) -> None:
        client = Client(self.stage.http, side.name, self.history)
        for _ in range(count):
            client.send(unique())
        client.close()

    def kill_one(self, service: str, role: str) -> int:
        """kill -9 of one of a service's processes with a role; returns when it is gone."""
        pid = self.random.choice(self.stage.pids(service, role))
        processes.kill(pid, whose=f"a process of {service}")
        return pid

    def kill(self, service: str, role: str = "any") -> list[int]:
        """kill -9 of a service's processes with a role; returns when they are gone."""
        pids = wait_until(lambda: self.stage.pids(service, role), ENDED_WITHIN, f"{service} has a process ({role})")
        processes.kill(*pids, whose=service)
        return pids

    @contextmanager
    def frozen(self, services: Sequence[str]) -> Iterator[None]:
        """SIGSTOP while the block lasts: the processes are there, connected, and silent."""
        with processes.frozen([pid for service in services for pid in self.stage.pids(service)]):
            yield

    @contextmanager
    def refusing_documents(self) -> Iterator[None]:
        """MongoDB refuses every document while the block lasts, by a rule of the collection that none of them meets."""
        self.stage.database.validate({"nobody": {"$exists": True}})
        try:
            yield
        finally:
            self.stage.database.validate({})

    def never_read(self, side: Side) -> list[Request]:
        """Requests without an answer that nginx never read a byte of, by its log.

        A server that ends closes its idle connections, and a client may just begin to write on one (RFC 9112, 9.3.1).
        Nobody has taken such a request, and its client may send it again.
        """
        read = self.stage.requests_read()
        return [one for one in self.requests(side, Outcome.UNKNOWN) if one.key not in read]

    def delete_when_empty(self, side: Side, queues: Sequence[str]) -> float:
        """Delete these work queues of a twin at a moment when no message is in them; the moment of their deletion."""

        def empty() -> bool:
            counts = self.stage.broker.counts()
            waiting = sum(self.stage.broker.ready(name) + counts[name].ready for name in queues)
            return waiting + self.stage.broker.held(side.topology) == 0

        with self.load.paused():
            wait_until(lambda: self._is_stored(side), BACK_WITHIN, "everything accepted is stored", poll=0.1)
            wait_until(empty, BACK_WITHIN, f"{', '.join(queues)} is empty", poll=0.1)
            for name in queues:
                self.stage.broker.api("DELETE", f"/queues/%2F/{name}")
            return time.time()

    def _is_stored(self, side: Side) -> bool:
        """Whether every task that a twin has accepted is stored."""
        stored = {task.id for task in self.stage.database.stored_since(self.started, [side.name])}
        return {request.id for request in self.requests(side, Outcome.OK)} <= stored


def listens(port: int) -> bool:
    """Whether a broker answers there: an engine's proxy takes connections before the broker in its container does."""
    try:
        with socket.create_connection((LOOPBACK, port), 1.0) as connection:
            connection.sendall(AMQP_HEADER)
            return bool(connection.recv(1))
    except OSError:
        return False
