"""A stage that exists only on paper, for tests of drills that start nothing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drills.entries import Stored
from drills.facts import QueueCounts
from drills.history import History
from drills.scene import Scene
from drills.sides import SIDES, Side


@dataclass
class FakeDatabase:
    """Has the tasks that it was given, and notes the rules that it was."""

    tasks: list[Stored] = field(default_factory=list)
    rules: list[dict[str, Any]] = field(default_factory=list)

    def stored_since(self, start: float, sources: Sequence[str]) -> list[Stored]:
        return [task for task in self.tasks if task.at >= start and task.source in sources]

    def validate(self, rule: dict[str, Any]) -> None:
        self.rules.append(rule)


@dataclass
class FakeBroker:
    """Has no message, and notes what it was asked."""

    asked: list[tuple[str, str, Any]] = field(default_factory=list)

    def api(self, method: str, path: str, document: Any = None) -> None:
        self.asked.append((method, path, document))

    def held(self, _: object) -> int:
        return 0

    def counts(self) -> Mapping[str, QueueCounts]:
        return defaultdict(QueueCounts)

    def take_dead(self, _: object) -> list[Any]:
        return []

    def waiting(self, _: object) -> list[Any]:
        return []


@dataclass
class FakeStage:
    """Ready at once, whatever is asked of it."""

    way: str = "native"
    http: str = "http://nowhere"
    processes: dict[str, list[int]] = field(default_factory=dict)
    database: FakeDatabase = field(default_factory=FakeDatabase)
    broker: FakeBroker = field(default_factory=FakeBroker)
    sides: tuple[Side, ...] = SIDES

    def prepare(self, _: object) -> None:
        """It is as the plan says."""

    def clear(self) -> None:
        """Nothing waits in it."""

    def wait_until_ready(self, within: float = 0) -> None:
        """It is ready."""

    def pids(self, service: str, role: str = "any") -> list[int]:
        return self.processes.get(service, [])


class FakeLoad:
    """Sends nothing; its history is what it was given."""

    def __init__(self, *_: object) -> None:
        self.history = History("mark")

    def __enter__(self) -> History:
        return self.history

    def __exit__(self, *_: object) -> None:
        """There is nothing to stop."""


def a_scene(stage: FakeStage | None = None) -> Scene:
    """A drill that runs on paper, on both twins."""
    given: Any = (stage or FakeStage(), SIDES, 1, 0.0, FakeLoad())
    return Scene(*given)
