"""The lab as the commands see it, whichever way it runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Way = Literal["native", "docker"]

SERVICES = ("mongo", "rabbitmq", "flask", "asyncapp", "pyworker", "asyncworker", "board", "nginx")
WORKERS = ("pyworker", "asyncworker")
WATCHERS = ("exporter", "prometheus", "grafana")
"""What ``./lab up --watch`` adds: what tells Prometheus about nginx, Prometheus, and, with Docker, Grafana."""
ORDER = (*SERVICES, *WATCHERS)
"""In which services are shown."""


@dataclass(frozen=True)
class Process:
    """One process of a service. The role tells gunicorn's master from its workers."""

    pid: int
    role: str
    name: str


@dataclass(frozen=True)
class Service:
    """One running copy of a service. ``state`` is running, starting, stopping, stopped or failed."""

    name: str
    instance: int
    state: str
    processes: tuple[Process, ...] = ()
    ports: dict[str, int] = field(default_factory=dict)
    log: str | None = None
    """A log file natively; nothing where the engine keeps it."""
    container: str | None = None
    health: str | None = None

    @property
    def label(self) -> str:
        """The name people see and type: ``pyworker``, ``pyworker-2``."""
        return self.name if self.instance == 1 else f"{self.name}-{self.instance}"


Addresses = dict[str, Any]
"""http, flask, async, rabbitmq, management, mongo, db, queue, a list each for pyworker and asyncworker; where it is
watched also prometheus, and grafana with Docker."""


class Stack(Protocol):
    """One way of running the lab."""

    @property
    def way(self) -> Way: ...

    def exists(self) -> bool:
        """Whether anything of this lab runs this way now."""

    def up(self) -> bool:
        """Starts what is not running, everything at once, without waiting; False where nothing had to change."""

    def down(self, volumes: bool) -> bool:
        """Stops everything; with ``volumes`` also deletes the data. False where nothing ran."""

    def services(self) -> list[Service]:
        """Every service with its state, in the order of ORDER."""

    def addresses(self) -> Addresses:
        """Where everything is found from this computer."""

    def tend(self) -> None:
        """What must be done once while the lab starts; called again and again until everything is ready."""

    def tail(self, service: str, lines: int) -> list[str]:
        """The last lines of a service's log."""

    def logs(self, service: str | None, follow: bool, lines: int) -> Iterator[str]:
        """Log lines, each with the name of its service before it where no service was named."""

    def stop(self, service: str) -> None: ...

    def start(self, service: str) -> None: ...

    def restart(self, service: str) -> None: ...

    def scale(self, service: str, count: int) -> Sequence[str]:
        """Runs ``count`` copies; returns lines that say what was done."""
