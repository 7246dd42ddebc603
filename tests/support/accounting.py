"""The account at the end: what was promised is stored once, what was refused is nowhere."""

from collections import Counter
from typing import Any

from pymongo.collection import Collection
from pymongo.errors import PyMongoError

from drills.history import History, Outcome
from tests.support.broker import Broker
from tests.support.waiting import wait_until, wait_until_no_error

SETTLED_WITHIN = 20.0

Tasks = Collection[dict[str, Any]]


def stored(collection: Tasks, history: History) -> dict[str, str]:
    """The titles of this history's stored tasks, by id."""

    def look() -> dict[str, str]:
        return {task["_id"]: task["title"] for task in collection.find({"notes": history.mark}, {"title": 1})}

    return wait_until_no_error(look, SETTLED_WITHIN, (PyMongoError,))


def assert_accounted(history: History, collection: Tasks, broker: Broker, within: float = SETTLED_WITHIN) -> None:
    """Every accepted task is stored, once and under its id; nothing refused is; none of them is a dead letter."""
    accepted = {one.id: one.key for one in history.accepted}
    wait_until(lambda: accepted.keys() <= stored(collection, history).keys(), within, f"all is stored ({history})")
    wait_until(lambda: broker.depth() == 0, within, "the queue is empty")

    found = stored(collection, history)
    offered = {one.key for one in history.requests if one.outcome is not Outcome.REFUSED}
    assert accepted == {task_id: title for task_id, title in found.items() if task_id in accepted}
    assert [] == [title for title, times in Counter(found.values()).items() if times > 1]
    assert set(found.values()) <= offered, "something is stored that was refused"
    assert [] == broker.dead_letters(lambda letter: history.mark.encode() in letter.body)
