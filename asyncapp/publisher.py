"""Publishing with the broker's confirm: a task counts as accepted only when the broker has said so.

Many publishes are in flight on one connection. In the sync case request threads put theirs into an outbox, the thread
that owns the connection sends them, and each request thread sleeps until its own confirm. In the async case a request
publishes at once and awaits a future, one a delivery tag.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any

import pika

from asyncapp import metrics, tracing
from asyncapp.broker import Broker, Channel
from core.confirms import Outstanding
from core.errors import BrokerUnavailable, LabError, PublishRefused, PublishUnconfirmed
from core.message import CONTENT_TYPE, Message, named
from core.settings import LIMITS, Settings

log = logging.getLogger(__name__)

PERSISTENT = 2


class Pending:
    """One publish on its way, and the request that waits for it."""

    def __init__(self, message: Message) -> None:
        self.message = message
        self.overdue = False
        self._answer: asyncio.Future[LabError | None] = asyncio.get_running_loop().create_future()

    def resolve(self, error: LabError | None) -> None:
        """The broker has answered, or never will: wake the request that waits."""
        if not self._answer.done():  # The client may have gone away, and Quart has cancelled its handler.
            self._answer.set_result(error)

    async def wait(self, seconds: float) -> None:
        """Return when the broker has confirmed; raise what it said instead, or that it said nothing in time."""
        try:
            async with asyncio.timeout(seconds):
                error = await self._answer
        except TimeoutError as timeout:
            self.overdue = True
            raise PublishUnconfirmed(f"RabbitMQ has not confirmed within {seconds:g} seconds") from timeout
        if error:
            raise error


class Publisher:
    """Publishes over a connection of its own, so that a broker that blocks publishers never blocks consumers."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._broker = Broker(settings, name, self._on_ready, self._on_lost)
        self._channel: Channel = None
        self._outstanding: Outstanding[Pending] = Outstanding()
        self._returned: set[str] = set()

    @property
    def missing(self) -> str:
        """Why nothing can be published now; empty when all is well."""
        oldest = self._outstanding.oldest()
        # While one request waits in vain, the next need not wait for the same silence.
        silent = oldest is not None and oldest.overdue
        return self._broker.missing or ("RabbitMQ has stopped confirming" if silent else "")

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._broker.start()

    async def first_try(self) -> None:
        """Return when publishing is possible, or when the first attempt to connect has failed or takes too long."""
        await self._broker.first_try()

    async def close(self) -> None:
        """Close the connection; bounded in time."""
        await self._broker.close()

    async def publish(self, message: Message) -> None:
        """Return once the broker has the message safely; at the latest after the publish deadline raise

        BrokerUnavailable or PublishRefused if it is certainly not queued, PublishUnconfirmed if nobody knows.
        """
        with metrics.Publishing():
            self._admit()
            await self._send(message).wait(LIMITS.publish_deadline)

    async def publish_all(self, messages: Sequence[Message]) -> list[LabError | None]:
        """What became of each: None where the broker has it safely. None waits for another's confirm."""
        began = time.time_ns()
        outcomes = await asyncio.gather(*(self._outcome(message) for message in messages))
        return tracing.forwarded(messages, outcomes, began)

    async def _outcome(self, message: Message) -> LabError | None:
        try:
            await self.publish(message)
        except LabError as error:
            return error
        return None

    def _admit(self) -> None:
        if self.missing:
            raise BrokerUnavailable(self.missing)
        if len(self._outstanding) >= LIMITS.publishes_in_flight:
            raise BrokerUnavailable("Too many tasks wait for RabbitMQ's confirm at once")

    def _send(self, message: Message) -> Pending:
        pending = Pending(message)
        if self._channel is None or not self._channel.is_open:
            raise BrokerUnavailable("RabbitMQ has closed the channel")
        self._publish(pending)
        return pending

    def _publish(self, pending: Pending) -> None:
        message = pending.message
        try:
            exchange = self._broker.topology.exchange_to(message.queue)
            self._channel.basic_publish(exchange, message.queue, message.body, _properties(message), mandatory=True)
        except Exception as error:
            # A header that a stranger set and pika cannot write. Nothing was sent, so no delivery tag was used.
            log.exception("a message cannot be written", extra=named(message))
            pending.resolve(PublishRefused(f"The message cannot be written: {error!r}"))
        else:
            self._outstanding.add(pending)

    def _on_ready(self, channel: Channel) -> None:
        channel.add_on_return_callback(self._on_return)
        channel.confirm_delivery(self._on_confirm)
        self._channel = channel

    def _on_lost(self, why: str) -> None:
        self._channel = None
        self._returned.clear()
        for pending in self._outstanding.clear():
            pending.resolve(PublishUnconfirmed(f"The connection was lost before RabbitMQ confirmed: {why}"))

    def _on_return(self, channel: Channel, _: Any, properties: Any, __: bytes) -> None:
        """A mandatory message found no queue. The broker returns it first and then confirms it all the same."""
        self._returned.add(properties.message_id)
        log.warning("a message was returned: declaring the queues again", extra=named(properties))
        self._broker.declare_again(channel)

    def _on_confirm(self, frame: Any) -> None:
        acked = isinstance(frame.method, pika.spec.Basic.Ack)
        settled = self._outstanding.settle(frame.method.delivery_tag, frame.method.multiple)
        answers = [self._answer(pending, acked) for pending in settled]
        metrics.confirmed(answers.count(None))
        for pending, answer in zip(settled, answers, strict=True):
            pending.resolve(answer)

    def _answer(self, pending: Pending, acked: bool) -> LabError | None:
        message = pending.message
        if message.message_id in self._returned:
            self._returned.discard(message.message_id)
            return PublishRefused(f"The queue {message.queue} is missing and will be declared again")
        return (
            None if acked else PublishRefused("RabbitMQ did not take the task: its queue is full or cannot be written")
        )


def _properties(message: Message) -> pika.BasicProperties:
    return pika.BasicProperties(
        content_type=CONTENT_TYPE,
        delivery_mode=PERSISTENT,
        message_id=message.message_id,
        correlation_id=message.correlation_id,
        app_id=message.app_id,
        timestamp=int(time.time()),
        headers=dict(message.headers),
        expiration=None if message.expiration_ms is None else str(message.expiration_ms),
    )
