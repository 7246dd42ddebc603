"""Where values are written down while they are measured."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.measure import Series
from bench.usage import cpu, memory
from bench.wrk import Load
from drills.stage import Stage

MILLISECONDS = 1000.0
FOR_A_CPU_SECOND = "for a CPU second"
"""How much is done with a second of a processor, of everything that works for it. Where the processors are the limit,
throughput is as many times this as there are processors; and it hangs less on what else the computer does."""


@dataclass(frozen=True)
class Point:
    """What is measured: the part of the bench, the case, the candidate, and the place on the axis."""

    part: str
    case: str
    candidate: str
    at: float = 0.0
    axis: str = ""


@dataclass
class Book:
    """Values by point and measure, in the order in which they came."""

    notes: list[str] = field(default_factory=list)
    """What a reader must know."""
    _values: dict[tuple[Point, str, str], list[float]] = field(default_factory=lambda: defaultdict(list))

    def put(self, point: Point, measure: str, unit: str, value: float) -> None:
        """One value of one round."""
        self._values[point, measure, unit].append(round(value, 4))

    def load(self, point: Point, load: Load) -> None:
        """What the load generator tells of one run."""
        self.put(point, "requests/s", "1/s", load.rate)
        for name in ("p50", "p95", "p99"):
            self.put(point, name, "ms", getattr(load, name))
        if load.failed:
            self.notes.append(f"{point.part}, {point.case}, {point.candidate}: {load.failed} of {load.requests} failed")

    def cost(self, point: Point, seconds: Mapping[str, float], megabytes: Mapping[str, float], requests: int) -> None:
        """What each service took: milliseconds of a processor a request, and memory."""
        for service, spent in seconds.items():
            self.put(point, f"CPU of {service}", "ms", spent * MILLISECONDS / max(1, requests))
        if all_spent := sum(seconds.values()):
            self.put(point, FOR_A_CPU_SECOND, "1/s", requests / all_spent)
        for service, size in megabytes.items():
            self.put(point, f"RSS of {service}", "MB", size)

    def series(self) -> list[Series]:
        """Everything, as data."""
        return [
            Series(point.part, point.case, point.candidate, point.at, point.axis, measure, unit, tuple(values))
            for (point, measure, unit), values in self._values.items()
        ]


@dataclass(frozen=True)
class Wish:
    """How thoroughly to measure."""

    rounds: int = 3
    seconds: int = 4
    """How long each load lasts."""
    size: float = 1.0
    """Share of the usual backlogs and collections; less than 1 is a look, and no evidence."""

    def sized(self, count: int) -> int:
        """A number of messages or documents, made smaller where that was wished."""
        return max(100, int(count * self.size))


@dataclass
class Bench:
    """What each part of the bench has in its hands."""

    stage: Stage
    wish: Wish
    tell: Callable[[str], None]
    book: Book = field(default_factory=Book)
    broken: list[str] = field(default_factory=list)
    """Parts that were not measured to the end."""

    @property
    def notes(self) -> list[str]:
        """What a reader must know: a part left out, requests that failed."""
        return self.book.notes

    @contextmanager
    def costs(self, point: Point, processes: Mapping[str, Sequence[int]], done: Callable[[], int]) -> Iterator[None]:
        """Writes down what the processes take while the block lasts, for each of the requests ``done`` in it."""
        before = cpu(processes)
        yield
        after = cpu(processes)
        spent = {service: after[service] - before[service] for service in after}
        self.book.cost(point, spent, memory(processes), done())

    def everything(self, one: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
        """The processes of every service of the lab, and of a candidate that runs beside it."""
        services = sorted({service.name for service in self.stage.stack.services()})
        beside = {f"{name} beside": list(pids) for name, pids in one.items() if name not in services}
        return {**{name: self.stage.pids(name) for name in services}, **beside}

    def rounds(self) -> Iterator[int]:
        """The number of each round, from 1."""
        for number in range(1, self.wish.rounds + 1):
            self.tell(f"round {number} of {self.wish.rounds}")
            yield number
