"""RabbitMQ on the event loop. pika calls back when something is done; here each of that can be awaited.

Nothing to do here: read it.
"""

import asyncio
import os

from pika import ConnectionParameters, PlainCredentials
from pika.adapters.asyncio_connection import AsyncioConnection


async def connect() -> AsyncioConnection:
    """A connection, once it is open."""
    opened = asyncio.get_running_loop().create_future()
    login = PlainCredentials(os.environ["RABBIT_USER"], os.environ["RABBIT_PASSWORD"])
    AsyncioConnection(
        ConnectionParameters(os.environ["RABBIT_HOST"], int(os.environ["RABBIT_PORT"]), credentials=login),
        on_open_callback=opened.set_result,
        on_open_error_callback=lambda _, error: opened.set_exception(error),
    )
    return await opened


async def open_channel(connection: AsyncioConnection):
    """A channel on it, once it is open."""
    opened = asyncio.get_running_loop().create_future()
    connection.channel(on_open_callback=opened.set_result)
    return await opened


async def cancel(channel, consumer_tag: str) -> None:
    """Take nothing more: when this returns, RabbitMQ has said that no further delivery comes."""
    cancelled = asyncio.get_running_loop().create_future()
    channel.basic_cancel(consumer_tag, callback=lambda _: cancelled.set_result(None))
    await cancelled


async def close(connection: AsyncioConnection) -> None:
    """Say goodbye. Everything that was sent before arrives before; what was never acknowledged goes back."""
    closed = asyncio.get_running_loop().create_future()
    connection.add_on_close_callback(lambda *_: closed.set_result(None))
    connection.close()
    await closed
