"""The API: Quart, publishing with taskiq. ``gunicorn 'bench.peers.quart_taskiq.api:create_app()'``."""

import os
from functools import partial

from quart import Quart

from bench.peers.quart_api import build
from bench.peers.quart_taskiq.tasks import connected, publish, with_task
from core.settings import read


def create_app() -> Quart:
    """The application as the environment says; it must find the broker when it starts."""
    settings = read(os.environ)
    broker = connected(settings)
    app = build(settings, partial(publish, with_task(broker, settings)))
    app.before_serving(broker.startup)
    app.after_serving(broker.shutdown)
    return app
