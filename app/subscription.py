"""A subscription that takes redelivered messages one at a time: none shall pay for a neighbour that kills the worker.

Everything here runs where the connection lives: on its thread in the sync case, on the event loop in the async case.
"""

import logging
from collections.abc import Callable
from typing import Any

from app.broker import Channel
from core.settings import LIMITS

log = logging.getLogger(__name__)

OnMessage = Callable[[Channel, Any, Any, bytes], None]


class Subscription:
    """Takes one message at a time, many at once after the first that is new, and one again when one is redelivered.

    A worker that dies returns all it holds, and every return counts towards the queue's delivery limit. So nothing else
    may be held while a redelivered message is handled. docs/decisions/0007-one-at-a-time.md says why it is done so.
    """

    def __init__(self, channel: Channel, queue: str, name: str, on_message: OnMessage) -> None:
        self._channel = channel
        self._queue = queue
        self._name = name
        self._on_message = on_message
        self._prefetch = LIMITS.first_prefetch
        self._until_many = 1
        """So many new messages must come in a row until it takes many at once."""
        self._is_over = False

    def begin(self) -> None:
        """Have deliveries handed to ``on_message``."""
        self._take(LIMITS.first_prefetch)

    def end(self) -> None:
        """Take nothing more; what is still on its way goes back to the queue."""
        self._is_over = True
        if self._channel.is_open:
            self._channel.basic_cancel(self._tag())

    def _take(self, prefetch: int) -> None:
        log.info("consuming", extra={"prefetch": prefetch})
        self._prefetch = prefetch
        if self._goes_on():
            self._channel.basic_qos(prefetch_count=prefetch, callback=self._consume)

    def _consume(self, _: Any) -> None:
        if self._goes_on():
            self._channel.basic_consume(self._queue, self._on_delivery, consumer_tag=self._tag())

    def _tag(self) -> str:
        """One for each prefetch: before RabbitMQ 3.11 one that is used again is credited for what it still holds."""
        return self._name if self._prefetch > LIMITS.first_prefetch else f"{self._name}-single"

    def _goes_on(self) -> bool:
        """Between a question to the broker and its answer the worker may have been stopped, the channel closed."""
        return not self._is_over and bool(self._channel.is_open)

    def _on_delivery(self, channel: Channel, method: Any, properties: Any, body: bytes) -> None:
        is_single = self._prefetch == LIMITS.first_prefetch
        self._until_many = LIMITS.calm if method.redelivered else self._until_many - 1
        if method.redelivered and not is_single:
            self._change(LIMITS.first_prefetch)
            channel.basic_reject(method.delivery_tag, requeue=True)
            return
        if is_single and self._until_many == 0:
            self._change(LIMITS.prefetch)
        self._on_message(channel, method, properties, body)

    def _change(self, prefetch: int) -> None:
        """A prefetch is for consumers that begin after it: end this one, then begin another.

        Until the broker has answered, pika rejects what comes, and RabbitMQ delivers it again.
        """
        self._channel.basic_cancel(self._tag(), callback=lambda _: self._take(prefetch))
