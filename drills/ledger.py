"""The account: what clients know, set against what is stored, dead and still queued. Pure.

With K accepted, U unknown, R refused, S stored, D dead: K ⊆ S (dead only where poison was sent), each id stored once
and as offered, S ∪ D ⊆ K ∪ U, R nowhere, and at rest no message waits or is unacknowledged.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable

from drills.entries import KINDS, Account, Facts, Stored, Wrong
from drills.history import History, Outcome, Request, keys


def account(history: History, facts: Facts, poison: Iterable[str] = ()) -> Account:
    """Every request of ``history`` accounted for. ``poison``: the keys of messages that must be dead letters."""
    return _Books(history, facts, set(poison)).close()


class _Books:
    """The account while it is made."""

    def __init__(self, history: History, facts: Facts, poison: set[str]) -> None:
        self.facts = facts
        self.poison = poison
        self.by_key = {request.key: request for request in history.requests}
        self.by_id = {request.id: request for request in history.requests if request.id}
        self.requests = {outcome: [r for r in history.requests if r.outcome is outcome] for outcome in Outcome}
        self.stored_ids = {task.id for task in facts.stored}
        self.stored_keys = {task.key for task in facts.stored}
        self.dead_keys = {letter.key for letter in facts.dead}
        self.queued_keys = {message.key for message in facts.queued}

    def close(self) -> Account:
        """The finished account."""
        wrong = [*self._lost(), *self._duplicated(), *self._strangers(), *self._changed(), *self._unexplained()]
        kinds = Counter(one.kind for one in wrong)
        ok, refused, unknown = (self.requests[outcome] for outcome in (Outcome.OK, Outcome.REFUSED, Outcome.UNKNOWN))
        return Account(
            offered=len(ok) + len(refused) + len(unknown),
            accepted=len(ok),
            refused=len(refused),
            unknown=len(unknown),
            stored=len(self.facts.stored),
            recovered=len(keys(unknown) & self.stored_keys),
            dead=len(self.facts.dead),
            queued=len(self.facts.queued),
            **{kind: kinds[kind] for kind in KINDS},
            unacknowledged=self.facts.unacknowledged,
            reasons=Counter(letter.reason for letter in self.facts.dead),
            wrong=wrong,
        )

    def _lost(self) -> list[Wrong]:
        """Accepted, and neither stored under its id nor dead nor waiting."""
        return [
            Wrong("lost", request.id, _told(request))
            for request in self.requests[Outcome.OK]
            if not (request.id in self.stored_ids or request.key in self.dead_keys | self.queued_keys)
        ]

    def _duplicated(self) -> list[Wrong]:
        ids: dict[str, list[str]] = defaultdict(list)
        for task in self.facts.stored:
            ids[task.key].append(task.id)
        return [
            Wrong("duplicated", found[0], f"{key!r} is stored {len(found)} times: {', '.join(found)}")
            for key, found in ids.items()
            if len(found) > 1
        ]

    def _strangers(self) -> list[Wrong]:
        """Stored although nobody offered it, or although its client was told no."""
        wrong = []
        for task in self.facts.stored:
            request = self._request(task)
            if request is None:
                wrong.append(Wrong("phantom", task.id, f"{task.key!r} is stored by {task.worker}: nobody offered it"))
            elif request.outcome is Outcome.REFUSED:
                wrong.append(Wrong("refused_but_stored", task.id, _told(request)))
        return wrong

    def _changed(self) -> list[Wrong]:
        found = [(task, self._request(task)) for task in self.facts.stored]
        return [
            Wrong("changed", task.id, f"stored as {task.key!r}, hash {task.body}; {_told(request)}")
            for task, request in found
            if request is not None and request.body != task.body
        ]

    def _unexplained(self) -> list[Wrong]:
        """Dead letters that nobody meant to send, and poison that was let through."""
        strange = [letter for letter in self.facts.dead if letter.key not in self.poison]
        missing = self.poison - self.dead_keys
        return [
            *(Wrong("unaccounted_dead", letter.id or letter.key, f"is dead: {letter.reason}") for letter in strange),
            *(Wrong("unaccounted_dead", key, "was sent as poison and is no dead letter") for key in sorted(missing)),
        ]

    def _request(self, task: Stored) -> Request | None:
        return self.by_id.get(task.id) or self.by_key.get(task.key)


def _told(request: Request) -> str:
    """What the client was told, and when."""
    said = f", {request.said!r}" if request.said else ""
    took = f"{request.seconds:.3f} s"
    return f"{request.key!r} to {request.api}: {request.outcome} {request.status or 'no answer'} after {took}{said}"
