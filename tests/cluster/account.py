"""Load on the cluster, a loss under it, and the account of every task afterwards."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
from pika.exceptions import AMQPError
from pymongo.errors import PyMongoError

from core.topology import topology
from drills.entries import Account, Facts, Letter
from drills.history import History, Outcome
from drills.ledger import account
from drills.load import Load, unique
from drills.waiting import TooLate, wait_until
from tests.cluster.cluster import Cluster

APIS = ("flask", "async")
CLIENTS = 3
SOME = 30
"""Accepted tasks of each API before a loss, during it and after it."""
WITHIN = 60.0
SETTLED_WITHIN = 60.0
POLL = 0.02


@dataclass(frozen=True)
class Loss:
    """What was seen of one loss. Times are seconds after it."""

    what: str
    who: str
    first_accepted: float
    """Until an API answered 202 to a request sent after the loss, the slower of the two."""
    first_stored: float
    """Until such a task was stored, the slower of the two."""
    last_refusal: float
    """Until the last answer that was not 202; 0 where every answer was."""
    whole: float
    """Until everything was well again; it was started in between."""
    slowest: float
    """The longest that any client waited for an answer."""
    account: Account


@dataclass
class Ordeal:
    """One loss under load, from the first task to the account."""

    cluster: Cluster
    history: History = field(default_factory=lambda: History(unique("cluster")))
    letters: list[Letter] = field(default_factory=list)
    lost: float = 0.0
    accepted: float = 0.0
    stored: float = 0.0
    last_refusal: float = 0.0
    whole: float = 0.0

    def go(self, what: str, who: str, break_it: Callable[[], float], mend_it: Callable[[], None]) -> Loss:
        """Break it under load, see that the service goes on, mend it, account for everything.

        ``break_it`` returns when it was broken, in seconds since 1970.
        """
        with Load(self.cluster.http, APIS, CLIENTS, history=self.history):
            self._wait_for_more()
            self.lost = break_it()
            self._wait_until_served()
            self._wait_for_more()
            mend_it()
            self.cluster.wait_until_whole()
            self.whole = time.time() - self.lost
            self._wait_for_more()
        ends = [one.end - self.lost for one in self.history.requests if one.outcome is not Outcome.OK]
        found = self._settle()
        return Loss(
            what,
            who,
            self.accepted,
            self.stored,
            max(0.0, *ends, 0.0),
            self.whole,
            self.history.slowest,
            found,
        )

    def _wait_for_more(self) -> None:
        """Returns when each API has accepted some more tasks."""
        wanted = {api: len(self.history.of(api).accepted) + SOME for api in APIS}
        wait_until(
            lambda: all(len(self.history.of(api).accepted) >= count for api, count in wanted.items()),
            WITHIN,
            f"{SOME} more tasks are accepted: {self.history}",
        )

    def _wait_until_served(self) -> None:
        """Returns when each API has accepted a task that was sent after the loss, and shows it as stored."""
        for api in APIS:
            task_id, at = wait_until(lambda api=api: self._first_after(api), WITHIN, f"{api} accepts a task", POLL)
            self.accepted = max(self.accepted, at - self.lost)
            wait_until(lambda task_id=task_id: self._is_stored(task_id), WITHIN, f"{task_id} is stored", POLL)
            self.stored = max(self.stored, time.time() - self.lost)

    def _first_after(self, api: str) -> tuple[str, float] | None:
        found = [(one.id, one.end) for one in self.history.of(api).accepted if one.start > self.lost]
        return min(found, key=lambda one: one[1], default=None)

    def _is_stored(self, task_id: str) -> bool:
        """As a client sees it, through nginx."""
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.cluster.http}/flask/tasks/{task_id}", timeout=10, trust_env=False).is_success
        return False

    def _settle(self) -> Account:
        """The account at rest, or as it stands when rest does not come."""

        def at_rest() -> Account | None:
            with suppress(AMQPError, PyMongoError, httpx.HTTPError, OSError):
                found = self._account(look=False)
                return found if found.holds else None
            return None

        with suppress(TooLate):
            return wait_until(at_rest, SETTLED_WITHIN, "everything is at rest", poll=0.5)
        return self._account(look=True)

    def _account(self, look: bool) -> Account:
        """With ``look``, messages that still wait are looked at, which counts as a delivery: only in the end."""
        broker, queues = self.cluster.broker, topology(self.cluster.queue)
        self.letters += broker.take_dead(queues)
        counts = broker.counts()
        held = sum(counts[name].unacknowledged for name in queues.works)
        waiting = broker.waiting(queues) if look else []
        stored = self.cluster.database.stored({"notes": self.history.mark})
        return account(self.history, Facts(stored, self.letters, waiting, held))
