"""Our Flask API around other publishers. ``gunicorn -c app/gunicorn.conf.py 'bench.choices.flask_api:a_thread()'``."""

import os
from typing import cast

from flask import Flask

from app.app import build
from app.publisher import Publisher
from app.store import Store
from bench.choices.blocking import RequestPublisher, ThreadPublisher
from core.settings import read


def a_thread() -> Flask:
    """A connection to the broker for each thread."""
    return _around(ThreadPublisher)


def a_request() -> Flask:
    """A connection to the broker for each request."""
    return _around(RequestPublisher)


def _around(kind: type[RequestPublisher]) -> Flask:
    settings = read(os.environ)
    # The API asks its publisher for no more than these have.
    return build(settings, cast("Publisher", kind(settings)), Store(settings))
