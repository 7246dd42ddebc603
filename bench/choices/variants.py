"""A twin of ours with one thing made otherwise, run beside the lab. Ours itself is run in the same way."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench import environment
from bench.servers import READY_WITHIN, Workers, family, finish, python, routed, running
from cli import probe
from cli.errors import Failed
from cli.ports import LOOPBACK, free_port, is_free
from cli.programs import WORKER_MODULES, temporary
from drills.sides import Side
from drills.stage import Stage
from drills.waiting import wait_until

FILL_TIMEOUT = 600.0
LOG_LETTERS = 250


@dataclass(frozen=True)
class Variant:
    """What is run; where nothing else is said, as the lab runs it."""

    name: str
    side: Side
    api: tuple[str, ...] = ()
    """What follows ``python -m`` for its API; empty: our own."""
    inside: tuple[str, ...] = ()
    """What is changed in each of its processes, in the words of ``bench.choices.inside``."""
    queue: str = ""
    """Its work queue; empty: its twin's."""
    apart: bool = False
    """Whether it needs packages that the lab does not have."""
    at: float = 1
    """Its place on the question's axis, where its worker drains a queue."""
    most: int = 20_000
    """How many messages it drains: what is slow has fewer, so that all take about as long."""
    environ: Mapping[str, str] = field(default_factory=dict)
    """What each of its processes is told besides."""


def served(package: str, *options: str, application: str = "") -> tuple[str, ...]:
    """How gunicorn serves a twin's API with our settings, what follows ``python -m``; the options come before those."""
    words = ("gunicorn", "-c", f"{package}/gunicorn.conf.py", *options)
    return (*words, application or f"{package}.app:create_app()")


@dataclass
class Running:
    """A variant's processes; a candidate as the other parts of the bench have them."""

    stage: Stage
    variant: Variant
    url: str = ""
    api_port: int = 0
    worker_port: int = 0
    """Where its only worker tells how it is; 0: a free one for each."""
    _api: int = 0
    _nginx: list[int] = field(default_factory=list)
    _workers: Workers = field(default_factory=Workers)

    @property
    def name(self) -> str:
        """The variant's."""
        return self.variant.name

    @property
    def queue(self) -> str:
        """Where its tasks wait."""
        return self.variant.queue or self.variant.side.queue

    @contextmanager
    def serving(self) -> Iterator["Running"]:
        """Its API answers behind an nginx of its own while the block lasts, and its workers end with it."""
        side = self.variant.side
        self.api_port = port = free_port()
        variables = {f"{side.name.upper()}_PORT": port}
        command = self._command(self.variant.api or served(side.package))
        with running(command, self._environ(variables), self._log("api")) as api:
            self._wait(api, lambda: not probe.ready(f"http://{LOOPBACK}:{port}"), "api")
            with routed(self.stage.lab, variables) as router:
                self.url = f"{router.address}/{side.name}/tasks"
                self._api, self._nginx = api.pid, router.pids
                try:
                    yield self
                finally:
                    self.stop_workers()

    def processes(self) -> dict[str, list[int]]:
        """Those of its API, its nginx and its worker, if they run, and those of broker and database."""
        # It answers before the last of its processes has begun.
        own = {"api": family(self._api), "nginx": self._nginx, "worker": self._workers.pids()}
        alive = {name: pids for name, pids in own.items() if pids}
        return {**alive, **{name: self.stage.pids(name) for name in ("rabbitmq", "mongo")}}

    def start_workers(self, count: int = 1) -> None:
        """That many of its workers run; Failed where one ends at once."""
        for _ in range(count):
            port = self.worker_port or free_port()
            command = self._command((WORKER_MODULES[self.variant.side.worker],))
            process = self._workers.start(command, self._environ({"WORKER_PORT": port}), self._log("worker"))
            # A worker listens before it consumes. Asking it whether it is ready would take time from what is measured.
            self._wait(process, lambda port=port: not is_free(port), "worker")  # type: ignore[misc]

    def stop_workers(self) -> None:
        """No worker of it runs afterwards."""
        self._workers.stop()

    def fill(self, count: int, *work: int) -> None:
        """That many more messages wait in its queue."""
        command = self._command(("bench.fill", str(count), self.variant.side.name, *map(str, work)))
        finish(command, self._environ({}), self._log("fill"))

    def _command(self, module: tuple[str, ...]) -> list[str]:
        inside = ("bench.choices.inside", *self.variant.inside, "--") if self.variant.inside else ()
        found = environment.of_choices(self.stage.lab.root) if self.variant.apart else sys.executable
        return python((*inside, *module), found)

    def _environ(self, ports: dict[str, int]) -> dict[str, str]:
        lab = self.stage.lab
        own = {"RABBIT_QUEUE": self.queue, "TMPDIR": str(temporary(lab)), "BIND_HOST": LOOPBACK}
        return {**lab.variables, **own, **self.variant.environ, **{name: str(port) for name, port in ports.items()}}

    def _log(self, what: str) -> Path:
        name = f"choices-{self.name}-{what}.log".replace(" ", "-")
        return Path(self.stage.lab.state, "log", name)

    def _wait(self, process: psutil.Process, is_ready: Callable[[], bool], what: str) -> None:
        """Returns when it is ready; Failed, with the end of its log, where it has ended instead."""
        named = f"the {what} of {self.name}"
        wait_until(lambda: _has_ended(process) or is_ready(), READY_WITHIN, f"{named} is ready")
        if _has_ended(process):
            said = self._log(what).read_text(encoding="utf-8", errors="replace").strip()[-LOG_LETTERS:]
            raise Failed(f"{named} has ended at once: {said}", part="bench", mend=f"See {self._log(what)}")


def _has_ended(process: psutil.Process) -> bool:
    """A child that nobody has waited for yet is still listed, as a zombie."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
