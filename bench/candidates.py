"""Who is measured: our twins as the lab runs them, and others in their place. All are asked in the same way."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench.peers import EMPTY, Peer
from bench.servers import Workers, family, finish, python, routed, running, wait_until_listening
from cli.ports import free_port
from drills.sides import Side
from drills.stage import Stage


class Candidate(Protocol):
    """A producer API behind nginx and the worker that belongs to it."""

    @property
    def name(self) -> str: ...
    @property
    def queue(self) -> str: ...
    @property
    def url(self) -> str:
        """Where its tasks are posted."""

    def processes(self) -> dict[str, list[int]]:
        """Its processes and those that work for it, by service."""

    def start_workers(self, count: int = 1) -> None:
        """That many processes of its worker run afterwards."""

    def stop_workers(self) -> None:
        """No worker of it runs afterwards; what they held is back in the queue."""

    def fill(self, count: int, *work: int) -> None:
        """That many more messages wait in its queue; ``work``: simulated work, io_ms and cpu_ms."""


SHARED = ("nginx", "rabbitmq", "mongo")


@dataclass
class Ours:
    """One of the twins, as the lab runs it."""

    stage: Stage
    side: Side
    queue: str = ""

    def __post_init__(self) -> None:
        self.queue = self.queue or self.side.queue

    @property
    def name(self) -> str:
        """flask or async."""
        return self.side.name

    @property
    def url(self) -> str:
        """Where its tasks are posted."""
        return f"{self.stage.http}/{self.side.name}/tasks"

    def processes(self) -> dict[str, list[int]]:
        """Its API's and worker's, and those of what both twins share."""
        return {name: self.stage.pids(name) for name in (*self.side.services, *SHARED)}

    def start_workers(self, count: int = 1) -> None:
        """That many processes of its worker run afterwards."""
        self.stage.stack.scale(self.side.worker, count)
        self.stage.stack.start(self.side.worker)

    def stop_workers(self) -> None:
        """No worker of it runs afterwards."""
        self.stage.stack.stop(self.side.worker)

    def fill(self, count: int, *work: int) -> None:
        """That many more messages wait in its queue."""
        words = ("bench.fill", str(count), self.name, *map(str, work))
        _run(python(words), self.stage, {"RABBIT_QUEUE": self.queue})


@dataclass
class Theirs:
    """A peer: another library's producer and worker, doing the same job."""

    stage: Stage
    peer: Peer
    interpreter: str
    url: str = ""
    _api: int = 0
    _nginx: list[int] = field(default_factory=list)
    _workers: Workers = field(default_factory=Workers)

    @property
    def name(self) -> str:
        """The peer's."""
        return self.peer.name

    @property
    def queue(self) -> str:
        """Its own."""
        return f"bench.{self.peer.name}"

    @property
    def _environ(self) -> dict[str, str]:
        return {**self.stage.lab.variables, "RABBIT_QUEUE": self.queue, "PEER_KIND": self.peer.kind}

    def log(self, what: str) -> Path:
        """Where its output goes."""
        return Path(self.stage.lab.state, "log", f"{self.name}-{what}.log")

    @contextmanager
    def serving(self) -> Iterator["Theirs"]:
        """Its API answers behind an nginx of its own while the block lasts, and its workers end with it."""
        port = free_port(())
        environ = {**self._environ, "PEER_PORT": str(port)}
        command = python(self.peer.api, self.interpreter)
        with running(command, environ, self.log("api")) as api:
            wait_until_listening(port, self.peer.title)
            with routed(self.stage.lab, {f"{self.peer.twin.upper()}_PORT": port}) as router:
                self.url = f"{router.address}/{self.peer.twin}/tasks"
                self._api, self._nginx = api.pid, router.pids
                try:
                    yield self
                finally:
                    self.stop_workers()

    def processes(self) -> dict[str, list[int]]:
        """Its API's, its worker's and its nginx's, and those of broker and database."""
        own = {"api": family(self._api), "worker": self._workers.pids(), "nginx": self._nginx}
        return {**own, **{name: self.stage.pids(name) for name in SHARED[1:]}}

    def start_workers(self, count: int = 1) -> None:
        """That many of its workers run, and consume."""
        command = python(self.peer.worker, self.interpreter)
        for _ in range(count):
            self._workers.start(command, self._environ, self.log("worker"))

    def stop_workers(self) -> None:
        """No worker of it runs afterwards."""
        self._workers.stop()

    def fill(self, count: int, *_: int) -> None:
        """That many more messages wait in its queue, put there through its own library."""
        _run(python((*self.peer.fill, str(count)), self.interpreter), self.stage, self._environ)


@contextmanager
def empty(stage: Stage, twin: str) -> Iterator[str]:
    """The address of a handler that does nothing, behind nginx, on the same server as our API of that twin."""
    port = free_port(())
    api = EMPTY[twin]
    environ = {**stage.lab.variables, "PEER_PORT": str(port), "PEER_KIND": api.kind}
    with running(python(api.api), environ, Path(stage.lab.state, "log", f"empty-{twin}.log")):
        wait_until_listening(port, "the empty handler")
        with routed(stage.lab, {f"{twin.upper()}_PORT": port}) as router:
            yield f"{router.address}/{twin}/tasks"


def _run(command: Sequence[str], stage: Stage, environ: Mapping[str, str]) -> None:
    finish(command, {**stage.lab.variables, **environ}, Path(stage.lab.state, "log", "fill.log"))
