"""``./lab ledger``: what the clients of the running lab were told, set against what it holds."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from cli import letters, probe, waiting, ways
from cli.config import Lab
from cli.console import out, say
from cli.errors import Failed
from cli.language import _, later
from cli.send import HISTORY
from core.topology import Topology, topology
from drills.entries import Account, Facts, Letter, Stored, Waiting
from drills.facts import Broker, Database, key_of
from drills.facts import letter as dead_letter
from drills.history import History, read
from drills.ledger import account
from drills.table import account_table, wrongs
from drills.waiting import TooLate, wait_until

AT_ONCE = 1000
MOST_LETTERS = 10_000
SETTLED_WITHIN = 15.0
ANOTHER = later("Name a file that ./lab send --history FILE wrote, or none for the last send.")


def ledger(lab: Lab, path: Path | None, result: Path | None) -> None:
    """Shows the account of a history; Failed where something does not hold."""
    history = _last(lab.state / HISTORY) if path is None else _named(path)
    stack = ways.running(lab)
    addresses, settings = stack.addresses(), lab.settings
    broker = Broker(addresses["rabbitmq"], addresses["management"], (settings.rabbit_user, settings.rabbit_password))
    database = Database(addresses["mongo"], addresses["db"])
    missing = waiting.check(probe.targets(lab, stack))
    if missing:
        what = "; ".join(f"{name}: {reason}" for name, reason in missing.items())
        raise Failed(
            _("the account can be made when every part is ready; {missing}", missing=what),
            part="ledger",
            mend="./lab status",
        )
    found = _account(history, broker, database, topology(settings.rabbit_queue, settings.queue_shards))
    broker.close()
    _show(found, result)


def _last(path: Path) -> History:
    """What the last send wrote."""
    if not path.exists():
        what = _("./lab send has sent nothing yet: there is no history at {path}", path=path)
        raise Failed(what, part="ledger", mend=_("./lab send 1000 sends tasks and writes one."))
    return _named(path)


def _named(path: Path) -> History:
    try:
        history = read(path)
    except FileNotFoundError as error:
        raise Failed(_("there is no history at {path}", path=path), part="ledger", mend=_(ANOTHER)) from error
    except OSError as error:
        raise Failed(
            _("{path} cannot be read: {error}", path=path, error=error.strerror), part="ledger", mend=_(ANOTHER)
        ) from error
    except ValueError as error:
        raise Failed(
            _("{path} is no history: {error}", path=path, error=error), part="ledger", mend=_(ANOTHER)
        ) from error
    if not history.requests:
        raise Failed(
            _("there is no request in {path}: there is nothing to account for", path=path),
            part="ledger",
            mend=_(ANOTHER),
        )
    return history


def _account(history: History, broker: Broker, database: Database, queues: Topology) -> Account:
    """The account at rest, or as it stands when rest does not come."""

    def settled() -> Account | None:
        found = account(history, _facts(history, broker, database, queues))
        return found if found.holds else None

    try:
        return wait_until(settled, SETTLED_WITHIN, "everything is at rest", poll=0.5)
    except TooLate:
        say(_("not everything is at rest after {seconds:g} s", seconds=SETTLED_WITHIN))
        return account(history, _facts(history, broker, database, queues))


def _facts(history: History, broker: Broker, database: Database, queues: Topology) -> Facts:
    stored = _stored(history, database)
    settled = {task.key for task in stored}
    open_keys = {request.key for request in history.requests} - settled
    held = broker.held(queues)
    if not open_keys:
        return Facts(stored, unacknowledged=held)
    dead = [one for one in _dead(broker, queues.dead.name) if one.key in open_keys]
    waiting_now = [one for one in _waiting(broker, queues) if one.key in open_keys]
    return Facts(stored, dead, waiting_now, held)


def _stored(history: History, database: Database) -> list[Stored]:
    """What carries the history's mark, and what has one of its ids or titles all the same."""
    found = {task.id: task for task in database.stored({"notes": history.mark})} if history.mark else {}
    for start in range(0, len(history.requests), AT_ONCE):
        part = history.requests[start : start + AT_ONCE]
        ids, keys = [one.id for one in part if one.id], [one.key for one in part]
        wanted: dict[str, Any] = {"$or": [{"_id": {"$in": ids}}, {"title": {"$in": keys}}]}
        found |= {task.id: task for task in database.stored(wanted)}
    return list(found.values())


def _dead(broker: Broker, queue: str) -> Iterator[Letter]:
    for one in _look(broker, queue):
        yield dead_letter(one.id, one.headers, one.body)


def _waiting(broker: Broker, queues: Topology) -> Iterator[Waiting]:
    """In the retry queues and the work queue; each look counts as a delivery, so only where something is missing."""
    for name in (*(queue.name for queue in queues.retries), *queues.works):
        for one in _look(broker, name):
            yield Waiting(one.id, key_of(one.body), name)


def _look(broker: Broker, queue: str) -> Iterable[letters.Letter]:
    with letters.opened(broker.amqp) as connection:
        return list(letters.look(connection, queue, MOST_LETTERS))


def _show(found: Account, result: Path | None) -> None:
    out.print(account_table(found))
    for line in wrongs(found):
        out.print(line, markup=False, soft_wrap=True)
    if result is not None:
        result.parent.mkdir(parents=True, exist_ok=True)
        result.write_text(json.dumps(as_json(found), indent=1) + "\n", encoding="utf-8")
    if not found.holds:
        raise Failed(
            _("the ledger does not hold; see above"), part="ledger", mend=_("./lab trace ID shows where one is.")
        )


def as_json(found: Account) -> dict[str, Any]:
    """Every column, the reasons of the dead letters, and what is wrong."""
    wrong: Sequence[dict[str, str]] = [{"kind": one.kind, "id": one.id, "known": one.known} for one in found.wrong]
    return {**found.columns(), "holds": found.holds, "reasons": dict(found.reasons), "wrong": wrong}
