"""What became of every request, as its client knows it."""

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from threading import Lock


class Outcome(Enum):
    """What a client may conclude."""

    ACCEPTED = "202: it must be stored, once"
    REFUSED = "a definite no: it must never be stored"
    UNKNOWN = "no answer, or one that does not say: both are allowed"


@dataclass(frozen=True)
class Entry:
    """One request. The title is unique to it; the id is known only if it was accepted."""

    title: str
    outcome: Outcome
    status: int
    task_id: str
    seconds: float
    said: str


@dataclass
class Ledger:
    """The outcomes of many requests from many threads; ``mark`` is in the notes of every task of them."""

    mark: str
    entries: list[Entry] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def write(self, entry: Entry) -> None:
        """Add one."""
        with self._lock:
            self.entries.append(entry)

    def having(self, outcome: Outcome) -> list[Entry]:
        """Those with this outcome, so far."""
        with self._lock:
            return [entry for entry in self.entries if entry.outcome is outcome]

    @property
    def accepted(self) -> list[Entry]:
        """Those that were answered 202."""
        return self.having(Outcome.ACCEPTED)

    @property
    def slowest(self) -> float:
        """Seconds until the last answer came."""
        return max((entry.seconds for entry in self.entries), default=0.0)

    def __str__(self) -> str:
        counted = Counter(f"{entry.outcome.name} {entry.status or entry.said}" for entry in self.entries)
        slowest = sorted(self.entries, key=lambda entry: -entry.seconds)[:3]
        waits = [f"{entry.seconds:.1f} s for {entry.status} {entry.said[:80]}" for entry in slowest]
        return f"{len(self.entries)} requests {dict(counted)}, slowest {waits}"
