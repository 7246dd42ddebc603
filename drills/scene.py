"""What a drill has in its hands while its load runs: the faults, and what it found."""

import os
import signal
import socket
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

import psutil
from pymongo.errors import PyMongoError

from cli.ports import LOOPBACK
from drills.history import History, Outcome, Request
from drills.ledger import Letter
from drills.load import Client, Load, unique
from drills.result import Band, Figure
from drills.sides import Side
from drills.stage import Stage
from drills.waiting import wait_until, wait_until_no_error

ENDED_WITHIN = 20.0
BACK_WITHIN = 30.0
BACKLOG_CLIENTS = 16


@dataclass
class Scene:
    """One drill while it runs."""

    stage: Stage
    sides: Sequence[Side]
    seed: int
    seconds: float
    load: Load
    started: float = field(default_factory=time.time)
    bands: list[Band] = field(default_factory=list)
    figures: dict[str, list[Figure]] = field(default_factory=lambda: defaultdict(list))
    problems: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    poison: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    dead: dict[str, list[Letter]] = field(default_factory=lambda: defaultdict(list))
    random: Random = field(init=False)

    @property
    def history(self) -> History:
        """What the clients know so far."""
        return self.load.history

    def __post_init__(self) -> None:
        self.random = Random(self.seed)

    @contextmanager
    def fault(self, label: str) -> Iterator[None]:
        """The fault is there while the block lasts; the report shows it as a band."""
        start = time.time()
        try:
            yield
        finally:
            self.bands.append(Band(label, start, time.time()))

    def hold(self, seconds: float | None = None) -> None:
        """Let time pass with the fault in place."""
        time.sleep(self.seconds if seconds is None else seconds)

    def demand(self, holds: bool, words: str, side: Side | None = None) -> None:
        """Unless it holds, the drill has failed with these words: on one twin, or on all."""
        if not holds:
            for one in [side] if side else self.sides:
                self.problems[one.name].append(words)

    def figure(self, side: Side, name: str, value: float, most: float) -> None:
        """A measured value that must not exceed ``most``."""
        self.figures[side.name].append(Figure(name, round(value, 3), f"≤ {most:g}", value <= most))
        self.demand(value <= most, f"{name}: {value:.2f}, more than {most:g}", side)

    def at_least(self, side: Side, name: str, value: float, least: float) -> None:
        """A measured value that must reach ``least``."""
        self.figures[side.name].append(Figure(name, round(value, 3), f"≥ {least:g}", value >= least))
        self.demand(value >= least, f"{name}: {value:.2f}, less than {least:g}", side)

    def none(self, side: Side, outcomes: Collection[Outcome], name: str) -> None:
        """No request of a twin has one of these outcomes; as a figure, whose goal is 0."""
        found = [one for one in self.requests(side) if one.outcome in outcomes]
        self.figures[side.name].append(Figure(name, len(found), "0", not found))
        said = Counter(f"{one.outcome} {one.status or ''} {one.said}" for one in found)
        self.demand(not found, f"{name}: {len(found)} ({dict(said)})", side)

    def all_answered(self, side: Side, name: str = "requests without a clear answer") -> None:
        """No client of a twin is left in doubt."""
        self.none(side, [Outcome.UNKNOWN], name)

    def all_accepted(self, side: Side, name: str) -> None:
        """Every request of a twin is answered 202."""
        self.none(side, [Outcome.UNKNOWN, Outcome.REFUSED], name)

    def send_poison(self, side: Side, letters: Iterable[str]) -> None:
        """These keys must be dead letters in the end, and nothing else."""
        self.poison[side.name] |= set(letters)

    def requests(self, side: Side, outcome: Outcome | None = None) -> list[Request]:
        """What was sent to a twin so far, by outcome or all."""
        found = self.history.of(side.name).requests
        return [request for request in found if outcome in {None, request.outcome}]

    def wait_for_accepted(self, count: int, within: float = 20.0) -> None:
        """Returns when each twin has accepted that many more tasks."""
        wanted = {side: len(self.requests(side, Outcome.OK)) + count for side in self.sides}

        def enough() -> bool:
            return all(len(self.requests(side, Outcome.OK)) >= number for side, number in wanted.items())

        wait_until(enough, within, f"{count} more tasks are accepted")

    def wait_for_accepted_after(self, side: Side, moment: float, within: float = BACK_WITHIN) -> float:
        """When a twin accepted its first task that was sent after that moment; waits for it."""

        def first() -> float:
            return min((one.end for one in self.requests(side, Outcome.OK) if one.start > moment), default=0.0)

        return wait_until(first, within, f"{side.name} accepts a task", poll=0.02)

    def wait_for_stored_after(self, side: Side, moment: float, within: float = BACK_WITHIN) -> float:
        """When a twin first stored a task after that moment; waits for it."""

        def first() -> float:
            stored = self.stage.database.stored_since(moment, [side.name])
            return min((task.at for task in stored), default=0.0)

        return wait_until_no_error(
            lambda: wait_until(first, within, f"{side.worker} stores a task"), within, (PyMongoError,)
        )

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
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: is_gone(pid), ENDED_WITHIN, f"a process of {service} is gone", poll=0.005)
        return pid

    def wait_until_processes(self, service: str, count: int, other_than: Sequence[int] = ()) -> None:
        """Returns when a service has that many worker processes, and none of those named."""

        def there() -> bool:
            now = self.stage.pids(service, "worker")
            return len(now) >= count and not set(now) & set(other_than)

        wait_until(there, BACK_WITHIN, f"{service} has {count} processes")

    def kill(self, service: str, role: str = "any") -> list[int]:
        """kill -9 of a service's processes with a role; returns when they are gone."""
        pids = wait_until(lambda: self.stage.pids(service, role), ENDED_WITHIN, f"{service} has a process ({role})")
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: all(is_gone(pid) for pid in pids), ENDED_WITHIN, f"{service} is gone", poll=0.005)
        return pids

    @contextmanager
    def frozen(self, services: Sequence[str]) -> Iterator[None]:
        """SIGSTOP while the block lasts: the processes are there, connected, and silent."""
        pids = [pid for service in services for pid in self.stage.pids(service)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                if psutil.pid_exists(pid):
                    os.kill(pid, signal.SIGCONT)

    def delete_when_empty(self, queue: str) -> float:
        """Delete a queue at a moment when no message is in it; the moment of its deletion."""

        def empty() -> bool:
            counts = self.stage.broker.counts()[queue]
            return self.stage.broker.ready(queue) + counts.ready + counts.unacknowledged == 0

        with self.load.paused():
            wait_until(lambda: self._is_stored(queue), BACK_WITHIN, "everything accepted is stored", poll=0.1)
            wait_until(empty, BACK_WITHIN, f"{queue} is empty", poll=0.1)
            self.stage.broker.api("DELETE", f"/queues/%2F/{queue}")
            return time.time()

    def wait_until_stored(self, ids: Sequence[str]) -> None:
        """Returns when all of these tasks are stored."""
        wanted = {"_id": {"$in": list(ids)}}
        wait_until(lambda: self.stage.database.count(wanted) == len(set(ids)), BACK_WITHIN, "they are stored")

    def _is_stored(self, queue: str) -> bool:
        """Whether every accepted task that goes through this queue is stored."""
        sides = [side for side in self.sides if side.queue == queue]
        stored = {task.id for task in self.stage.database.stored_since(self.started, [side.name for side in sides])}
        return {request.id for side in sides for request in self.requests(side, Outcome.OK)} <= stored

    def wait_until_connections(self, most: int) -> None:
        """Returns when the broker has no more connections than that; TooLate where they pile up."""

        def few() -> bool:
            return len(self.stage.broker.api("GET", "/connections").json()) <= most

        wait_until(few, BACK_WITHIN, f"the broker has at most {most} connections", poll=0.5)

    def wait_until_unacknowledged(self, side: Side, count: int = 1, within: float = 20.0) -> None:
        """Returns when that many messages are in the hands of a twin's worker."""

        def held() -> bool:
            return self.stage.broker.counts()[side.queue].unacknowledged >= count

        wait_until(held, within, f"{side.worker} holds {count} messages", poll=0.1)


def is_gone(pid: int) -> bool:
    """Whether the process has ended; one that nobody has waited for yet counts."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def listens(port: int) -> bool:
    """Whether somebody takes TCP connections there."""
    try:
        socket.create_connection((LOOPBACK, port), 1.0).close()
    except OSError:
        return False
    return True
