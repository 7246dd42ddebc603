"""A subscription that takes redelivered messages one at a time: none shall pay for a neighbour that kills the worker.

Everything here runs where the connection lives: on its thread in the sync case, on the event loop in the async case.
"""

import logging
import random
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from pika.spec import Basic

from asyncapp.broker import Channel
from core.settings import LIMITS

log = logging.getLogger(__name__)

OnMessage = Callable[[str, Channel, Any, Any, bytes], None]


class Subscription:
    """Takes one message at a time, many at once after the first that is new, and one again when one is redelivered.

    A worker that dies returns all it holds, and every return counts towards the queue's delivery limit. So nothing else
    may be held while a redelivered message is handled. docs/decisions/0007-one-at-a-time.md says why it is done so.

    Of several queues it takes one message of each: which of them is handled first is left to chance, and is another one
    after each crash. All are on one channel, so that one acknowledgement covers everything before it.
    """

    def __init__(self, channel: Channel, queues: Sequence[str], name: str, on_message: OnMessage) -> None:
        self._channel = channel
        self._queues = queues
        self._name = name
        self._on_message = on_message
        self._singly: set[str] = set()
        """The queues of which it takes one message at a time now."""
        self._changing: dict[str, str] = {}
        """Consumer tags that the broker has been asked to end, and their queues."""
        self._held: deque[tuple[str, Channel, Any, Any, bytes]] = deque()
        self._until_many = 1
        """So many new messages must come in a row until it takes many at once."""
        self._is_over = False

    def begin(self) -> None:
        """Have deliveries handed to ``on_message``, each with its queue."""
        self._channel.add_callback(self._on_cancelled, [Basic.CancelOk], one_shot=False)
        for queue in random.sample(self._queues, len(self._queues)):
            self._take(queue)

    def end(self) -> None:
        """Take nothing more; what is still on its way goes back to its queue."""
        self._is_over = True
        if self._channel.is_open:
            for queue in self._queues:
                self._channel.basic_cancel(self._tag(queue))

    def _take(self, queue: str) -> None:
        """A prefetch is for consumers that begin after it, and pika keeps the two together."""
        is_single = self._until_many > 0
        (self._singly.add if is_single else self._singly.discard)(queue)
        prefetch = LIMITS.first_prefetch if is_single else max(LIMITS.prefetch // len(self._queues), 1)
        if self._goes_on():
            log.info("consuming", extra={"queue": queue, "prefetch": prefetch})
            self._channel.basic_qos(prefetch_count=prefetch)
            self._channel.basic_consume(queue, partial(self._on_delivery, queue), consumer_tag=self._tag(queue))

    def _tag(self, queue: str) -> str:
        """One for each prefetch: before RabbitMQ 3.11 one that is used again is credited for what it still holds."""
        name = self._name if queue == self._queues[0] else f"{self._name}-{queue}"
        return f"{name}-single" if queue in self._singly else name

    def _goes_on(self) -> bool:
        """Between a question to the broker and its answer the worker may have been stopped, the channel closed."""
        return not self._is_over and bool(self._channel.is_open)

    def _on_delivery(self, queue: str, channel: Channel, method: Any, properties: Any, body: bytes) -> None:
        is_single = queue in self._singly
        self._until_many = LIMITS.calm if method.redelivered else self._until_many - 1
        if method.redelivered:
            self._change([each for each in self._queues if each not in self._singly])
        elif is_single and self._until_many <= 0:
            self._change([queue])
        if method.redelivered and not is_single:
            channel.basic_reject(method.delivery_tag, requeue=True)
        else:
            self._held.append((queue, channel, method, properties, body))
            self._hand_on()

    def _hand_on(self) -> None:
        """Not while a consumer ends: at an acknowledgement it would be given one more, and pika would reject that."""
        while self._held and not self._changing:
            self._on_message(*self._held.popleft())

    def _change(self, queues: Sequence[str]) -> None:
        """End the consumers of these queues, then begin others with the prefetch that is right by then.

        Until the broker has answered, pika rejects what comes, and RabbitMQ delivers it again.
        """
        for queue in queues:
            if queue not in self._changing.values():
                self._changing[self._tag(queue)] = queue
                self._channel.basic_cancel(self._tag(queue), callback=_wait_for_answer)

    def _on_cancelled(self, answer: Any) -> None:
        """The broker has ended one of them."""
        queue = self._changing.pop(answer.method.consumer_tag, None)
        if queue is not None:
            self._take(queue)
            self._hand_on()


def _wait_for_answer(_: Any) -> None:
    """Asks the broker to answer. pika calls it at the next answer to any cancel, so it cannot tell which that is."""
