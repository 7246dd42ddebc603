"""Many publishes at once, as many as a busy asynchronous API has."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from itertools import islice

from core.message import Message

AT_ONCE = 500


async def publish_all(publish: Callable[[Message], Awaitable[object]], messages: Iterable[Message]) -> None:
    """Returns when the broker has confirmed all."""
    waiting = iter(messages)
    while some := list(islice(waiting, AT_ONCE)):
        await asyncio.gather(*(publish(message) for message in some))
