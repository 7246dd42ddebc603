"""Workers of a test's own, and a task that kills them as the kernel kills a process that takes too much memory.

Run as a program it is such a worker: the services themselves hold nothing that could kill them.
"""

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pika

from core.delivery import Dead, Delivery
from core.task import Task
from tests.support.broker import Broker
from tests.support.stack import ROOT, Stack

Process = subprocess.Popen[bytes]


@dataclass(frozen=True)
class Poison:
    """The title of the task that kills, and how many seconds it takes to do so."""

    title: str
    seconds: float = 0.0


@dataclass
class Mortal:
    """A worker that is replaced whenever it has been killed. A spare one is kept at hand, since a start takes time."""

    package: str
    poison: Poison
    environ: dict[str, str]
    notes: Path
    deaths: int = 0
    processes: list[Process] = field(default_factory=list)

    def tend(self) -> None:
        """Replace the worker if it has been killed; AssertionError if it has ended in any other way."""
        status = self.processes[0].poll() if self.processes else None
        if status is not None:
            assert status == -signal.SIGKILL, f"{self.package} ended with {status}"
            self.deaths += 1
            self._forget(self.processes.pop(0))
        if len(self.processes) < 2:
            self.processes += [self._spare() for _ in range(2 - len(self.processes))]
            self._start(self.processes[0])

    def returns(self) -> list[int]:
        """How often the broker had got each task back that this worker was the one to handle in the end."""
        return [int(line) for line in self.notes.read_text().split()] if self.notes.exists() else []

    def end(self) -> None:
        """Kill what is left."""
        for process in self.processes:
            process.kill()
            self._forget(process)
        self.processes.clear()

    def _spare(self) -> Process:
        told = [self.package, self.poison.title, str(self.poison.seconds), str(self.notes)]
        command = [sys.executable, "-m", __name__, *told]
        return subprocess.Popen(command, cwd=ROOT, env=self.environ, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def _start(self, spare: Process) -> None:
        assert spare.stdin
        spare.stdin.write(b"start\n")
        spare.stdin.flush()

    def _forget(self, process: Process) -> None:
        assert process.stdin
        process.stdin.close()
        process.wait()


@contextmanager
def mortals(stack: Stack, broker: Broker, packages: list[str], poison: Poison, notes: Path) -> Iterator[list[Mortal]]:
    """A worker of each of these packages, on the queue of ``broker``; they make their notes in that folder."""
    environ = {**os.environ, **_environ(stack, broker)}
    workers = [Mortal(package, poison, environ, notes / package) for package in packages]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.end()


def _environ(stack: Stack, broker: Broker) -> dict[str, str]:
    rabbit = pika.URLParameters(broker.url)
    return {
        "RABBIT_HOST": rabbit.host,
        "RABBIT_PORT": str(rabbit.port),
        "RABBIT_USER": rabbit.credentials.username,
        "RABBIT_PASSWORD": rabbit.credentials.password,
        "RABBIT_QUEUE": broker.queue,
        "MONGO_URI": stack.addresses["mongo"],
        "DB_NAME": stack.addresses["db"],
    }


def main(package: str, title: str, seconds: str, notes: str) -> int:
    """Run a worker that dies of the task with this title; not before a line on standard input says so."""
    worker: Any = importlib.import_module(f"{package}.worker")
    handler: Any = importlib.import_module(f"{package}.handler")
    decode = handler._decode

    def decode_or_die(delivery: Delivery) -> Task | Dead:
        task: Task | Dead = decode(delivery)
        if isinstance(task, Task) and task.title == title:
            time.sleep(float(seconds))
            os.kill(os.getpid(), signal.SIGKILL)
        with Path(notes).open("a") as file:
            file.write(f"{delivery.message.headers.get('x-delivery-count', 0)}\n")
        return task

    handler._decode = decode_or_die
    # Nobody asks it how it is, and its port may be taken.
    worker.serve = lambda *_: None
    return int(worker.main()) if sys.stdin.readline() else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
