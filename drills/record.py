"""What a drill finds while it runs: when its faults lasted, what it measured, what does not hold."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from cli.language import later
from drills.entries import Letter
from drills.history import History, Outcome, Request
from drills.load import Load
from drills.result import Band, Figure
from drills.sides import Side
from drills.stage import Stage

HEALING = later("healing")
Tell = Callable[[str], None]
"""Is told the phase that begins."""


def nobody(_: str) -> None:
    """Is told, and shows nothing."""


@dataclass
class Record:
    """The findings of one drill, each for a twin."""

    stage: Stage
    sides: Sequence[Side]
    seed: int
    seconds: float
    load: Load
    tell: Tell = nobody
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
        self.tell(label)
        start = time.time()
        try:
            yield
        finally:
            self.bands.append(Band(label, start, time.time()))
            self.tell(HEALING)

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

    def none(self, side: Side, outcomes: Collection[Outcome], name: str, but: Collection[Request] = ()) -> None:
        """No request of a twin, but those, has one of these outcomes; as a figure, whose goal is 0."""
        found = [one for one in self.requests(side) if one.outcome in outcomes and one not in but]
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
