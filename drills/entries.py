"""What the ledger is made from and what it finds, as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Stored:
    """A stored task. ``key`` is its title, ``body`` the hash of what the client decides, ``at`` seconds since 1970."""

    id: str
    key: str
    body: str
    source: str = ""
    worker: str = ""
    at: float = 0.0
    attempt: int = 1


@dataclass(frozen=True)
class Letter:
    """A dead letter. ``key`` is the title where the body can be read, else the hash of the body."""

    id: str
    key: str
    reason: str
    attempts: int = 1


@dataclass(frozen=True)
class Waiting:
    """A message in the work queue or a retry queue."""

    id: str
    key: str
    queue: str


@dataclass(frozen=True)
class Facts:
    """What the database and the broker hold of the tasks of a history."""

    stored: Sequence[Stored] = ()
    dead: Sequence[Letter] = ()
    queued: Sequence[Waiting] = ()
    unacknowledged: int = 0


@dataclass(frozen=True)
class Wrong:
    """One task that breaks a rule, and what is known of it."""

    kind: str
    id: str
    known: str


COLUMNS = (
    "offered",
    "accepted",
    "refused",
    "unknown",
    "stored",
    "recovered",
    "dead",
    "queued",
    "lost",
    "duplicated",
    "phantom",
    "refused_but_stored",
    "changed",
    "unaccounted_dead",
    "unacknowledged",
)
"""Every number of the ledger, in the order of its table."""
KINDS = ("lost", "duplicated", "phantom", "refused_but_stored", "changed", "unaccounted_dead")
"""The columns that count what is wrong."""


@dataclass(frozen=True)
class Account:
    """The columns of the ledger, and every task that is wrong."""

    offered: int = 0
    accepted: int = 0
    refused: int = 0
    unknown: int = 0
    stored: int = 0
    recovered: int = 0
    """Unknown to their client but stored: legal."""
    dead: int = 0
    queued: int = 0
    lost: int = 0
    """Accepted and nowhere."""
    duplicated: int = 0
    """Stored under more than one id."""
    phantom: int = 0
    """Stored or dead although nobody offered it."""
    refused_but_stored: int = 0
    changed: int = 0
    """Stored with another body than the one that was offered."""
    unaccounted_dead: int = 0
    """Dead letters that no poison explains, and poison that is not dead."""
    unacknowledged: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    """How many dead letters have each reason."""
    wrong: Sequence[Wrong] = ()

    @property
    def holds(self) -> bool:
        """Whether every rule holds."""
        return not self.wrong and not self.queued and not self.unacknowledged

    def columns(self) -> dict[str, int]:
        """The numbers by name, in the order of the ledger's table."""
        return {name: getattr(self, name) for name in COLUMNS}
