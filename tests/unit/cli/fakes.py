"""A lab that exists only on paper, for tests that start nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cli.config import Lab, load
from cli.stack import Addresses, Service

DOTENV = """
LAB_BIND=127.0.0.1
HTTP_PORT=80
RABBIT_HOST=localhost
RABBIT_PORT=5672
RABBIT_MANAGEMENT_PORT=15672
RABBIT_USER=guest
RABBIT_PASSWORD=guest
RABBIT_QUEUE=task_queue
QUEUE_SHARDS=1
MONGO_PORT=27017
MONGO_URI=mongodb://localhost:${MONGO_PORT}/?replicaSet=rs0
DB_NAME=tasklab
FLASK_PORT=5001
ASYNC_PORT=5002
PYWORKER_PORT=5011
ASYNCWORKER_PORT=5012
PROMETHEUS_PORT=9090
GRAFANA_PORT=3000
"""


def a_lab(root: Path, **environ: str) -> Lab:
    """A lab in ``root`` whose command was given ``environ``."""
    (root / ".env").write_text(DOTENV, encoding="utf-8")
    return load(environ, root)


@dataclass
class FakeStack:
    """A stack that says what it was told to say and notes what it was asked to do."""

    found: list[Service] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    way: Literal["native"] = "native"

    def exists(self) -> bool:
        return True

    def up(self) -> bool:
        self.asked.append("up")
        return False

    def down(self, volumes: bool) -> bool:
        self.asked.append(f"down {volumes}")
        return True

    def services(self) -> list[Service]:
        return self.found

    def addresses(self) -> Addresses:
        return {"http": "http://localhost", "pyworker": [], "asyncworker": []}

    def tend(self) -> None:
        self.asked.append("tend")

    def tail(self, service: str, lines: int) -> list[str]:
        return [f"the last words of {service}"][:lines]

    def logs(self, service: str | None, follow: bool, lines: int) -> Iterator[str]:
        yield from [f"{service} {follow} {lines}"]

    def stop(self, service: str) -> None:
        self.asked.append(f"stop {service}")

    def start(self, service: str) -> None:
        self.asked.append(f"start {service}")

    def restart(self, service: str) -> None:
        self.asked.append(f"restart {service}")

    def scale(self, service: str, count: int) -> Sequence[str]:
        self.asked.append(f"scale {service}={count}")
        return [f"{service}: {count} running"]
