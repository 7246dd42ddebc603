"""What clients know: one line a request, written down as it was answered."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Any


class Outcome(StrEnum):
    """What a client may conclude from an answer, or from its absence."""

    OK = "ok"
    """202: the task must be stored, once."""
    REFUSED = "refused"
    """A definite no: it must never be stored."""
    UNKNOWN = "unknown"
    """No answer, or one that does not say: both are allowed."""


@dataclass(frozen=True)
class Request:
    """One request. Times are seconds since 1970."""

    key: str
    """The task's title, which no other request of the history has: it finds the task where the id is not known."""
    body: str
    """The hash of what was offered, as ``hash_of`` makes it."""
    api: str
    start: float
    end: float
    outcome: Outcome
    status: int = 0
    """Of the HTTP answer; 0 where there was none."""
    id: str = ""
    """The task's id as far as the client knows it: from the 202, or from its own idempotency key."""
    said: str = ""
    """The words of a refusal or of a failure."""

    @property
    def seconds(self) -> float:
        """How long the client waited for the answer."""
        return self.end - self.start


@dataclass
class History:
    """The requests of many threads; ``mark`` is in the notes of every task among them."""

    mark: str
    requests: list[Request] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock, compare=False, repr=False)

    def add(self, request: Request) -> None:
        """Write one down."""
        with self._lock:
            self.requests.append(request)

    def having(self, outcome: Outcome) -> list[Request]:
        """Those with this outcome, so far."""
        with self._lock:
            return [request for request in self.requests if request.outcome is outcome]

    @property
    def accepted(self) -> list[Request]:
        """Those that were answered 202, so far."""
        return self.having(Outcome.OK)

    @property
    def slowest(self) -> float:
        """Seconds until the slowest answer."""
        with self._lock:
            return max((request.seconds for request in self.requests), default=0.0)

    def __str__(self) -> str:
        counted = Counter(f"{one.outcome} {one.status or one.said}" for one in self.requests)
        slowest = sorted(self.requests, key=lambda one: -one.seconds)[:3]
        waits = [f"{one.seconds:.1f} s for {one.status} {one.said[:80]}" for one in slowest]
        return f"{len(self.requests)} requests {dict(counted)}, slowest {waits}"

    def of(self, api: str) -> "History":
        """The part that went to one API."""
        with self._lock:
            return History(self.mark, [request for request in self.requests if request.api == api])

    def write(self, path: Path) -> None:
        """As JSON lines: first the mark, then one line a request."""
        lines = [json.dumps({"mark": self.mark}), *(json.dumps(asdict(request)) for request in self.requests)]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read(path: Path) -> History:
    """The history in a file; raises ValueError naming the line that is none."""
    history = History("")
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            _take(history, json.loads(line))
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"line {number} is no line of a history: {error}") from error
    return history


def _take(history: History, document: dict[str, Any]) -> None:
    if set(document) == {"mark"}:
        history.mark = document["mark"]
    else:
        history.add(Request(**{**document, "outcome": Outcome(document["outcome"])}))


def hash_of(title: str, notes: str = "", io_ms: int = 0, cpu_ms: int = 0) -> str:
    """What tells one offered task from another: a hash of everything the client decides."""
    text = json.dumps([title, notes, io_ms, cpu_ms], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def keys(requests: Iterable[Request]) -> set[str]:
    """The keys of these requests."""
    return {request.key for request in requests}
