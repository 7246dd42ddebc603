"""The API: Quart, publishing with FastStream. ``gunicorn 'bench.peers.quart_faststream.api:create_app()'``."""

import os
from functools import partial

from quart import Quart

from bench.peers.quart_api import build
from bench.peers.quart_faststream.broker import connected, publish, queue
from core.settings import read


def create_app() -> Quart:
    """The application as the environment says; it must find the broker when it starts."""
    settings = read(os.environ)
    broker = connected(settings)
    app = build(settings, partial(publish, broker))

    async def open_broker() -> None:
        await broker.connect()
        await broker.declare_queue(queue(settings))

    async def close_broker() -> None:
        await broker.stop()

    app.before_serving(open_broker)
    app.after_serving(close_broker)
    return app
