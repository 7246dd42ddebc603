"""The API: Flask, publishing with Celery. ``gunicorn 'bench.peers.flask_celery.api:create_app()'``."""

import os
from functools import partial

from flask import Flask

from bench.peers.flask_api import build
from bench.peers.flask_celery.tasks import publish, task
from core.settings import read


def create_app() -> Flask:
    """The application as the environment says."""
    return build(read(os.environ), partial(publish, task))
