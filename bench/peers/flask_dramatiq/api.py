"""The API: Flask, publishing with Dramatiq. ``gunicorn 'bench.peers.flask_dramatiq.api:create_app()'``."""

import os
from functools import partial

from flask import Flask

from bench.peers.flask_api import build
from bench.peers.flask_dramatiq.tasks import connected, publish, with_actor
from core.settings import read


def create_app() -> Flask:
    """The application as the environment says."""
    settings = read(os.environ)
    return build(settings, partial(publish, with_actor(connected(settings), settings)))
