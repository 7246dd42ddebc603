"""Messages that did not come from our APIs, or come more than once."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from tests.support.accounting import Tasks
from tests.support.api import Api, unique
from tests.support.broker import Broker, Letter, encoded
from tests.support.waiting import wait_until

MARK = unique("poison")


def task(**members: Any) -> dict[str, Any]:
    """A message that is a task."""
    accepted = datetime.now(UTC).isoformat(timespec="milliseconds")
    usual = {"id": str(uuid.uuid4()), "title": unique(), "source": "test", "host": "test", "request_id": MARK}
    return {**usual, "accepted": accepted, **members}


def without(name: str) -> bytes:
    """A task that lacks one member."""
    return encoded({key: value for key, value in task().items() if key != name})


POISON: dict[str, bytes] = {
    "not JSON": f"poison {MARK}".encode(),
    "empty": b"",
    "not UTF-8": b'{"title": "\xff"}',
    "null": b"null",
    "an array": b"[]",
    "another schema": encoded({"task": MARK}),
    "no id": without("id"),
    "id that is no id": encoded(task(id="1")),
    "id an operator": encoded(task(id={"$gt": ""})),
    "no title": without("title"),
    "no time": without("accepted"),
    "time without a zone": encoded(task(accepted="2024-01-01T00:00:00")),
    "unknown member": encoded(task(extra=1)),
    "io_ms 2**63": encoded(task(work={"io_ms": 2**63})),
    "lone surrogate": json.dumps(task(title="\ud800")).encode(),
    "NUL in a name": encoded(task(**{"a\0b": 1})),
    "300 KiB": encoded(task(notes="n" * 300 * 1024)),
    "100,000 brackets": b"[" * 100_000,
}


def test_poison_ends_in_the_dead_letters_and_harms_no_neighbour(collection: Tasks, broker: Broker) -> None:
    """Good and bad in turn, straight into the queue: the good are stored, exactly the bad are dead, with reasons."""
    good = [task() for _ in range(len(POISON) * 3)]
    names = list(POISON)
    messages: list[tuple[bytes, str | None]] = []
    for number, one in enumerate(good):
        messages.append((encoded(one), one["id"]))
        if number % 3 == 1:
            messages.append((POISON[names[number // 3]], f"{MARK}-{number // 3}"))

    broker.publish_all(messages)

    ids = [one["id"] for one in good]
    wait_until(lambda: collection.count_documents({"_id": {"$in": ids}}) == len(ids), 15, "the good ones are stored")
    dead = broker.wait_for_dead(lambda letter: letter.message_id.startswith(MARK), len(POISON))
    assert {f"{MARK}-{number}": body for number, body in enumerate(POISON.values())} == {
        letter.message_id: letter.body for letter in dead
    }
    assert len(POISON) == len(dead)
    assert not [letter for letter in dead if not letter.headers.get("reason")]
    assert {(1, broker.queue, 2)} == {
        (letter.headers["attempt"], letter.headers["queue"], letter.delivery_mode) for letter in dead
    }


def test_a_message_without_properties_is_handled_by_its_body(collection: Tasks, broker: Broker) -> None:
    """A task is what its body says; strange headers and no message id make no difference."""
    one = task()

    broker.publish(encoded(one), headers={"attempt": "many", "x-odd": [1, {"a": None}]})

    wait_until(lambda: collection.find_one({"_id": one["id"]}), 10, "the task is stored")
    document = collection.find_one({"_id": one["id"]})
    assert document is not None
    assert 1 == document["passport"]["attempt"]


def test_the_same_message_three_times_is_stored_once(collection: Tasks, broker: Broker) -> None:
    """100 tasks, each delivered three times to whichever worker: 100 documents, written once, and no dead letter."""
    tasks = [task() for _ in range(100)]
    broker.publish_all([(encoded(one), one["id"]) for one in tasks])
    ids = [one["id"] for one in tasks]
    wait_until(lambda: collection.count_documents({"_id": {"$in": ids}}) == 100, 15, "all are stored")
    before = {document["_id"]: document for document in collection.find({"_id": {"$in": ids}})}

    broker.publish_all([(encoded(one), one["id"]) for one in [*tasks, *tasks]])
    last = task()
    broker.publish(encoded(last), last["id"])

    wait_until(lambda: collection.find_one({"_id": last["id"]}), 10, "the last one is stored")
    wait_until(lambda: broker.depth() == 0, 10, "the queue is empty")
    assert before == {document["_id"]: document for document in collection.find({"_id": {"$in": ids}})}
    assert [] == broker.dead_letters(lambda letter: letter.message_id in ids)


def test_another_task_under_a_stored_id_is_a_conflict_and_the_first_stays(collection: Tasks, broker: Broker) -> None:
    """The second ends in the dead letters as it was sent."""
    first = task(title="first")
    second = {**first, "title": "second"}
    broker.publish(encoded(first), first["id"])
    stored = wait_until(lambda: collection.find_one({"_id": first["id"]}), 10, "the first is stored")

    broker.publish(encoded(second), second["id"])

    dead = broker.wait_for_dead(lambda letter: letter.message_id == first["id"])
    assert [encoded(second)] == [letter.body for letter in dead]
    assert str(dead[0].headers["reason"]).startswith("conflict")
    assert stored == collection.find_one({"_id": first["id"]})


class Refusing:
    """While the block lasts the database refuses every document with this title: an error of one task, not of all."""

    def __init__(self, collection: Tasks, title: str) -> None:
        self.collection, self.title = collection, title

    def __enter__(self) -> None:
        self._set({"title": {"$ne": self.title}})

    def __exit__(self, *_: object) -> None:
        self._set({})

    def _set(self, validator: dict[str, Any]) -> None:
        self.collection.database.command("collMod", self.collection.name, validator=validator)


def test_a_task_that_the_database_refuses_is_tried_again_later(api: Api, collection: Tasks, broker: Broker) -> None:
    """It waits in a retry queue while its neighbours are stored, and says in its passport how many attempts it took."""
    title = unique("refused")

    with Refusing(collection, title):
        task_id = api.send(title)
        neighbour = api.send()
        wait_until(broker.waiting_for_retry, 10, "the task waits for another attempt")
        api.stored(neighbour)
        assert api.find(task_id) is None

    assert api.stored(task_id, within=15)["passport"]["attempt"] > 1
    assert [] == broker.dead_letters(lambda letter: letter.message_id == task_id)


def test_a_task_that_is_refused_a_fifth_time_ends_in_the_dead_letters(collection: Tasks, broker: Broker) -> None:
    """The message arrives as its fifth attempt, because waiting for the first four takes a minute."""
    one = task()

    with Refusing(collection, one["title"]):
        broker.publish(encoded(one), one["id"], headers={"attempt": 5})
        dead: list[Letter] = broker.wait_for_dead(lambda letter: letter.message_id == one["id"])

    assert (1, 5, encoded(one)) == (len(dead), dead[0].headers["attempt"], dead[0].body)
    assert "5 attempts" in str(dead[0].headers["reason"])
    assert collection.find_one({"_id": one["id"]}) is None
