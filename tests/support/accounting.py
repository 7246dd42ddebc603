"""The account at the end: what was promised is stored once, what was refused is nowhere."""

from collections import Counter
from typing import Any

from pymongo.collection import Collection
from pymongo.errors import PyMongoError

from tests.support.broker import Broker
from tests.support.ledger import Ledger, Outcome
from tests.support.waiting import wait_until, wait_until_no_error

SETTLED_WITHIN = 20.0

Tasks = Collection[dict[str, Any]]


def stored(collection: Tasks, ledger: Ledger) -> dict[str, str]:
    """The titles of this ledger's stored tasks, by id."""

    def look() -> dict[str, str]:
        return {task["_id"]: task["title"] for task in collection.find({"notes": ledger.mark}, {"title": 1})}

    return wait_until_no_error(look, SETTLED_WITHIN, (PyMongoError,))


def assert_accounted(ledger: Ledger, collection: Tasks, broker: Broker, within: float = SETTLED_WITHIN) -> None:
    """Every accepted task is stored, once and under its id; nothing refused is; none of them is a dead letter."""
    accepted = {entry.task_id: entry.title for entry in ledger.accepted}
    wait_until(lambda: accepted.keys() <= stored(collection, ledger).keys(), within, f"all is stored ({ledger})")
    wait_until(lambda: broker.depth() == 0, within, "the queue is empty")

    found = stored(collection, ledger)
    offered = {entry.title for entry in ledger.entries if entry.outcome is not Outcome.REFUSED}
    assert accepted == {task_id: title for task_id, title in found.items() if task_id in accepted}
    assert [] == [title for title, times in Counter(found.values()).items() if times > 1]
    assert set(found.values()) <= offered, "something is stored that was refused"
    assert [] == broker.dead_letters(lambda letter: ledger.mark.encode() in letter.body)
