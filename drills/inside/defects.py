"""Small defects of the kind that people really write, each planted in either twin. The drills must catch every one."""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from inspect import iscoroutinefunction
from threading import Thread
from typing import Any

from pymongo import WriteConcern

from core.delivery import Again, Dead, Delivery
from core.enrich import Document
from core.errors import LabError
from drills.inside.planting import Planting, alike, unchanged

Original = Callable[..., Any]


def auto_ack(planting: Planting) -> None:
    """The broker counts a message as settled when it has sent it; nobody acknowledges."""

    def make(original: Original) -> Original:
        def on_ready(consumer: Any, channel: Any) -> None:
            channel.basic_consume = partial(channel.basic_consume, auto_ack=True)
            channel.basic_ack = channel.basic_reject = _nothing
            original(consumer, channel)

        return on_ready

    planting.change("consumer.Consumer._on_ready", make)


def ack_first(planting: Planting) -> None:
    """A batch is acknowledged when it is taken in hand, and stored after that."""
    reached: dict[object, int] = {}

    def make(original: Original) -> Original:
        def judge(consumer: Any, batch: list[Delivery]) -> Any:
            last = batch[-1]
            if last.tag > reached.get(last.channel, 0):
                reached[last.channel] = last.tag
                consumer._on_channel(last, lambda channel: channel.basic_ack(last.tag, multiple=True))
            return original(consumer, batch)

        return judge

    planting.change("consumer.Consumer._judge", make)
    planting.change("consumer.Consumer._on_channel", unchanged)
    planting.change("consumer.Consumer._acknowledge", partial(alike, body=_nothing))
    planting.change("consumer.Consumer._give_up", partial(alike, body=_nothing))


def whole_batch(planting: Planting) -> None:
    """The whole batch is acknowledged, and what the verdicts ask for is forgotten."""
    planting.change("consumer.Consumer._move_on", partial(alike, body=lambda *_: set()))


def requeue(planting: Planting) -> None:
    """Another attempt is the broker's requeue, at once: no pause, and the broker's counter ends it."""

    def make(original: Original) -> Original:
        def move_on(consumer: Any, batch: Sequence[Delivery], verdicts: Any) -> Any:
            again = {place for place, verdict in enumerate(verdicts) if isinstance(verdict, Again)}
            for place in again:
                verdicts[place] = Dead("not now")
            return _soon(original, again) if again else original(consumer, batch, verdicts)

        return move_on

    def give_up(consumer: Any, delivery: Delivery) -> None:
        consumer._on_channel(delivery, lambda channel: channel.basic_reject(delivery.tag, requeue=True))

    planting.change("consumer.Consumer._move_on", make)
    planting.change("consumer.Consumer._on_channel", unchanged)
    planting.change("consumer.Consumer._give_up", partial(alike, body=give_up))


def weak_writes(planting: Planting) -> None:
    """The database may answer before the write is in its journal."""
    planting.change("store.SAFE", lambda _: WriteConcern(w=1, j=False))


def non_idempotent(planting: Planting) -> None:
    """Each insert makes an id of its own, so that what is delivered twice is stored twice."""

    def make(original: Original) -> Original:
        def insert(store: Any, documents: Sequence[Document]) -> Any:
            return original(store, [{**document, "_id": str(uuid.uuid4())} for document in documents])

        return insert

    planting.change("store.Store.insert", make)


def no_confirms(planting: Planting) -> None:
    """A message counts as confirmed as soon as it is written to the socket."""

    def make(original: Original) -> Original:
        def publish(publisher: Any, pending: Any) -> None:
            original(publisher, pending)
            pending.resolve(None)

        return publish

    planting.change("publisher.Publisher._publish", make)
    planting.change("publisher.Pending.resolve", unchanged)


def retry_unconfirmed(planting: Planting) -> None:
    """The same in a worker: what it sends on, to another attempt or to the dead letters, it acknowledges at once."""
    no_confirms(planting)


def swallowed_nack(planting: Planting) -> None:
    """The broker's no is taken for a yes."""

    def make(original: Original) -> Original:
        return lambda publisher, pending, _: original(publisher, pending, True)

    planting.change("publisher.Publisher._answer", make)


def not_mandatory(planting: Planting) -> None:
    """A message for which there is no queue is confirmed, and gone."""

    def make(original: Original) -> Original:
        def on_ready(publisher: Any, channel: Any) -> None:
            send = channel.basic_publish

            def basic_publish(*given: Any, **named: Any) -> Any:
                return send(*given, **{**named, "mandatory": False})

            channel.basic_publish = basic_publish
            original(publisher, channel)

        return on_ready

    planting.change("publisher.Publisher._on_ready", make)


def too_early(planting: Planting) -> None:
    """The request is answered before the publish, whose error nobody sees."""
    planting.change("publisher.Publisher.publish", _in_background)


def _in_background(original: Original) -> Original:
    def quietly(*given: Any) -> None:
        try:
            original(*given)
        except LabError:
            return

    async def quietly_awaited(*given: Any) -> None:
        try:
            await original(*given)
        except LabError:
            return

    running: set[asyncio.Task[None]] = set()

    def publish(*given: Any) -> None:
        Thread(target=quietly, args=given, daemon=True).start()

    async def publish_awaited(*given: Any) -> None:
        task = asyncio.create_task(quietly_awaited(*given))
        running.add(task)
        task.add_done_callback(running.discard)

    return publish_awaited if iscoroutinefunction(original) else publish


def _nothing(*_: Any, **__: Any) -> None:
    """Do nothing."""


def _soon(original: Original, value: Any) -> Any:
    """The value, or something to await for it where the original has to be awaited."""
    return alike(original, lambda: value)()


DEFECTS: dict[str, Callable[[Planting], None]] = {
    one.__name__.replace("_", "-"): one
    for one in (
        auto_ack,
        no_confirms,
        ack_first,
        weak_writes,
        non_idempotent,
        swallowed_nack,
        whole_batch,
        too_early,
        requeue,
        retry_unconfirmed,
        not_mandatory,
    )
}
