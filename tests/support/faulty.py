"""One of our services with a violation of the contract in it: ``python -m tests.support.faulty NAME MODULE …``.

Planted from outside, before the service is imported; the services themselves know nothing of it.
"""

import json
import runpy
import sys
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pika

from core.delivery import Dead, Done
from drills.inside.planting import Planting, keep_metrics_together

Make = Callable[[Any], Any]
MORE = 10_000_000


def _core(place: str, make: Make) -> None:
    Planting("core").change(place, make)


def _app(place: str, make: Make) -> None:
    Planting("app").change(place, make)


def says_200() -> None:
    """The answer to a task is 200: done."""
    _core("reply.queued", lambda original: lambda *given: original(*given)._replace(status=200))


def no_location() -> None:
    """The answer does not say where the task will be."""

    def make(original: Any) -> Any:
        return lambda *given: original(*given)._replace(headers={"Content-Type": "application/json"})

    _core("reply.queued", make)


def other_id() -> None:
    """The answer names another id than the message: the client will ask for it in vain."""

    def make(original: Any) -> Any:
        def queued(task: Any, prefix: str) -> Any:
            other = uuid.uuid5(uuid.NAMESPACE_OID, task.id)
            return original(msgspec.structs.replace(task, id=str(other)), prefix)

        return queued

    _core("reply.queued", make)


def no_type() -> None:
    """Problem documents lack a member."""

    def make(original: Any) -> Any:
        def problem(*given: Any) -> Any:
            found = original(*given)
            told = {name: value for name, value in json.loads(found.body).items() if name != "type"}
            return found._replace(body=json.dumps(told).encode())

        return problem

    _core("reply.problem", make)


def ignores_keys() -> None:
    """Each request is a new task, whatever its Idempotency-Key."""
    _core("request.idempotency_key", lambda original: lambda headers: None)


def takes_unknown_members() -> None:
    """What is not known is dropped without a word."""

    def make(original: Any) -> Any:
        return lambda body: original(_without_unknown(body))

    _core("accept.parse_new_task", make)


def _without_unknown(body: bytes) -> bytes:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return body
    known = (
        {name: told[name] for name in ("title", "notes", "work") if name in told} if isinstance(told, dict) else told
    )
    return json.dumps(known).encode() if known != told and "title" in known else body


def takes_large_bodies() -> None:
    """Any number of bytes is read."""
    for place in ("task.BODY_BYTES", "accept.BODY_BYTES"):
        _core(place, lambda original: MORE)


def _property(name: str, value: Any) -> None:
    def make(original: Any) -> Any:
        def properties(message: Any) -> Any:
            found = original(message)
            setattr(found, name, value)
            return found

        return properties

    _app("publisher._properties", make)


def transient() -> None:
    """Messages are not on disk."""
    _property("delivery_mode", 1)


def other_content_type() -> None:
    """Messages are said to be something else."""
    _property("content_type", "text/plain")


def before_the_confirm() -> None:
    """Sent is taken for safe."""

    def make(original: Any) -> Any:
        def publish(publisher: Any, message: Any) -> None:
            publisher._admit()
            publisher._send(message)

        return publish

    _app("publisher.Publisher.publish", make)


def not_mandatory() -> None:
    """The broker may throw away what it can put nowhere."""
    original = pika.channel.Channel.basic_publish

    def basic_publish(self: Any, exchange: str, key: str, body: bytes, properties: Any, mandatory: bool) -> Any:
        return original(self, exchange, key, body, properties, mandatory=False)

    pika.channel.Channel.basic_publish = basic_publish


def oldest_first() -> None:
    """A page begins with what was stored first."""

    def make(original: Any) -> Any:
        def page(*given: Any) -> Any:
            found = original(*given)
            told = json.loads(found.body)
            return found._replace(body=json.dumps({**told, "items": told["items"][::-1]}).encode())

        return page

    _core("reply.page", make)


def unbounded() -> None:
    """A list has no pages."""
    _core("request.parse_list_query", lambda original: lambda pairs: replace(original(pairs), limit=MORE))


def no_passport() -> None:
    """A document does not say who handled it."""

    def make(original: Any) -> Any:
        return lambda *given: {name: value for name, value in original(*given).items() if name != "passport"}

    _core("enrich.enrich", make)


def upserts() -> None:
    """What comes again is written over what was stored."""

    def make(original: Any) -> Any:
        def insert(store: Any, documents: Any) -> Any:
            for document in documents:
                store._tasks.replace_one({"_id": document["_id"]}, document, upsert=True)
            return [Done()] * len(documents)

        return insert

    _app("store.Store.insert", make)


def forgets_poison() -> None:
    """What is no task is acknowledged, and gone."""

    def make(original: Any) -> Any:
        def judge(handler: Any, batch: Any) -> Any:
            return [Done() if _is_poison(one) else one for one in original(handler, batch)]

        return judge

    _app("handler.TaskHandler.__call__", make)


def _is_poison(verdict: Any) -> bool:
    return isinstance(verdict, Dead) and not verdict.reason.startswith("conflict")


def no_reason() -> None:
    """A dead letter does not say why."""

    def make(original: Any) -> Any:
        def dead_letter(*given: Any) -> Any:
            found = original(*given)
            return replace(found, headers={name: value for name, value in found.headers.items() if name != "reason"})

        return dead_letter

    _core("message.dead_letter", make)


IN_THE_PRODUCER = (
    says_200, no_location, other_id, no_type, ignores_keys, takes_unknown_members, takes_large_bodies, transient,
    other_content_type, before_the_confirm, not_mandatory, oldest_first, unbounded,
)  # fmt: skip
IN_THE_WORKER = (no_passport, upserts, forgets_poison, no_reason)
VIOLATIONS = {each.__name__.replace("_", "-"): each for each in (*IN_THE_PRODUCER, *IN_THE_WORKER)}


def main() -> None:
    """Plant, then become that module."""
    _, name, module, *words = sys.argv
    keep_metrics_together([module])
    VIOLATIONS[name]()
    sys.argv[:] = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
