"""Consuming a queue in batches, so that every delivery is settled once: stored, tried again later, or dead.

In the sync case deliveries arrive on the connection's thread and are handled, batch after batch, on the thread that
calls ``run``. In the async case both take turns on one event loop. All else is the same.
"""

import logging
import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from app import tally
from app.broker import Broker, Channel
from app.inbox import Inbox
from app.publisher import Publisher
from app.subscription import Subscription
from core.clock import at
from core.delivery import Again, Delivery, Done, Verdict, listed, prefix, rest, take_batch
from core.errors import StoreUnavailable
from core.message import Message, named
from core.onward import onward
from core.retry import backoff
from core.settings import LIMITS, Settings

log = logging.getLogger(__name__)

Handler = Callable[[Sequence[Delivery]], list[Verdict]]


class Consumer:
    """Takes deliveries from the work queue, shard by shard, has a handler judge them, and does what the verdicts say.

    A handler returns the verdicts on the first deliveries of its batch, at least one; the rest comes again in the
    next batch. It raises StoreUnavailable when it can judge nothing now: the batch then waits and is handled again.
    """

    def __init__(self, settings: Settings, name: str, handler: Handler, publisher: Publisher) -> None:
        self._broker = Broker(settings, name, self._on_ready, self._on_lost)
        self._name = name
        self._handler = handler
        self._publisher = publisher
        self._channel: Channel = None
        self._subscription: Subscription | None = None
        self._inbox = Inbox(self._leave)
        self._unacknowledged: Delivery | None = None
        """The last that is settled, while nothing is acknowledged."""
        self._refusals = 0

    @property
    def missing(self) -> str:
        """Why nothing is consumed now; empty when all is well."""
        return self._broker.missing

    def run(self) -> None:
        """Consume until ``stop``; then finish what was taken as far as time allows, and give back the rest."""
        self._broker.start()
        while not self._inbox.is_over():
            self._inbox.collect()
            self._drop_lost()
            if self._inbox.waiting:
                self._handle(take_batch(self._inbox.waiting, LIMITS.batch))
        self._inbox.leave()
        self._broker.close()

    def stop(self) -> None:
        """Take nothing more and let ``run`` return soon; may be called from any thread."""
        self._inbox.stop()

    def _drop_lost(self) -> None:
        """The broker has requeued what came on a channel that is lost, and its tags mean nothing on another one."""
        waiting = self._inbox.waiting
        while waiting and waiting[0].channel is not self._channel:
            waiting.popleft()

    def _leave(self) -> None:
        """Nothing shall come any more, and what is settled is acknowledged."""
        self._broker.call(self._cancel)
        if self._unacknowledged is not None:
            self._acknowledge(self._unacknowledged)

    def _handle(self, batch: list[Delivery]) -> None:
        verdicts = self._judge(batch)
        refused = self._move_on(batch, verdicts)
        settled = prefix(verdicts, refused)
        for place in sorted(place for place in refused if place < settled):
            self._give_up(batch[place])
        safe = [delivery for place, delivery in enumerate(batch[:settled]) if place not in refused]
        self._inbox.waiting.extendleft(reversed(batch[settled:]))
        if safe:
            self._acknowledge(safe[-1])
            log.info("settled", extra=listed(safe))
        tally.settled(batch, verdicts[:settled], time.time())
        self._refusals = self._refusals + 1 if settled < len(verdicts) else 0
        time.sleep(backoff(self._refusals, random.random()) if self._refusals else rest(len(batch)))

    def _judge(self, batch: list[Delivery]) -> list[Verdict]:
        """The handler's verdicts, however often the store must be asked; none when it is time to end."""
        failures = 0
        while True:
            try:
                return self._handler(batch)
            except StoreUnavailable as error:
                log.warning("the store is not available", extra={"reason": str(error), "waiting": len(batch)})
            except Exception as error:
                log.exception("the handler failed", extra=named(batch[0].message))
                return self._judge_singly(batch) if len(batch) > 1 else [Again(f"the handler failed: {error!r}")]
            if self._inbox.is_stopping:
                return []
            time.sleep(backoff(failures, random.random()))
            failures += 1

    def _judge_singly(self, batch: list[Delivery]) -> list[Verdict]:
        """One by one, so that a task that breaks the handler does no harm to its neighbours."""
        verdicts: list[Verdict] = []
        for delivery in batch:
            verdict = self._judge([delivery])
            if not verdict:
                break
            verdicts += verdict
        return verdicts

    def _move_on(self, batch: Sequence[Delivery], verdicts: Sequence[Verdict]) -> set[int]:
        """Have what was not stored confirmed in its next queue, all at once; the places of what could not be."""
        places = [place for place, verdict in enumerate(verdicts) if not isinstance(verdict, Done)]
        messages = [self._onward(batch[place], verdicts[place]) for place in places]
        answers = self._publisher.publish_all(messages)
        refused = {place: error for place, error in zip(places, answers, strict=True) if error is not None}
        for place, error in refused.items():
            told = {**named(batch[place].message), "reason": str(error)}
            log.warning("not moved on", extra=told)
        confirmed = [message.queue for message, error in zip(messages, answers, strict=True) if error is None]
        tally.dead(confirmed.count(self._broker.topology.dead.name))
        return set(refused)

    def _onward(self, delivery: Delivery, verdict: Verdict) -> Message:
        assert not isinstance(verdict, Done)
        message = onward(delivery, verdict, self._broker.topology, random.random(), at(time.time()))
        told = {**named(message), "queue": message.queue, "reason": verdict.reason}
        log.warning("not stored", extra=told)
        return message

    def _give_up(self, delivery: Delivery) -> None:
        """The broker can move it to the dead letters without us, and without our reason."""
        tally.dead(1)
        self._on_channel(delivery, lambda channel: channel.basic_reject(delivery.tag, requeue=False))

    def _acknowledge(self, last: Delivery) -> None:
        """One acknowledgement for everything up to ``last``: all of it is safe, or given up already."""
        if self._inbox.is_leaving:
            self._unacknowledged = last
        else:
            self._on_channel(last, lambda channel: channel.basic_ack(last.tag, multiple=True))

    def _on_channel(self, delivery: Delivery, action: Callable[[Channel], None]) -> None:
        self._broker.call(partial(self._if_current, delivery, action))

    def _if_current(self, delivery: Delivery, action: Callable[[Channel], None]) -> None:
        """A delivery tag means something on its own channel only."""
        if self._channel is not None and self._channel.is_open and delivery.channel is self._channel:
            action(self._channel)

    def _on_ready(self, channel: Channel) -> None:
        self._channel = channel
        if not self._inbox.is_stopping:
            channel.add_on_cancel_callback(self._on_cancelled)
            self._subscription = Subscription(channel, self._broker.topology.works, self._name, self._on_message)
            self._subscription.begin()

    def _on_lost(self, _: str) -> None:
        self._channel = None

    def _on_cancelled(self, _: Any) -> None:
        """The broker has ended the subscription, as when its queue is deleted; pika would go on without one."""
        self._broker.reconnect("the broker cancelled the consumer")

    def _on_message(self, queue: str, channel: Channel, method: Any, properties: Any, body: bytes) -> None:
        message = Message(
            queue=queue,
            body=body,
            message_id=properties.message_id or "",
            correlation_id=properties.correlation_id or "",
            app_id=properties.app_id or "",
            headers=properties.headers or {},
        )
        self._inbox.put(Delivery(channel, method.delivery_tag, message, method.redelivered, at(time.time())))

    def _cancel(self) -> None:
        if self._subscription is not None:
            self._subscription.end()
