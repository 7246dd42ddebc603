"""The producer API: checks a task, publishes it, and answers once the broker has it safely. Served by gunicorn."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask
from werkzeug.exceptions import HTTPException

from app import API, metrics, tracing, web
from app.api import NAME, Api
from app.publisher import Publisher
from app.store import Store
from core.errors import LabError
from core.settings import Settings, read
from core.task import BODY_BYTES


def build(settings: Settings, publisher: Publisher, store: Store) -> Flask:
    """The application around a publisher and a store; it opens nothing itself."""
    app = Flask("tasklab", static_folder=None)
    app.url_map.merge_slashes = False
    # One byte more than is taken: a body without a length is cut there, and then seen to be too long.
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES + 1
    app.extensions[API] = api = Api(settings, publisher, store)
    routes: dict[tuple[str, str], Callable[..., Any]] = {
        ("GET", "/"): api.index,
        ("POST", "/tasks"): api.create_task,
        ("GET", "/tasks"): api.list_tasks,
        ("GET", "/tasks/<task_id>"): api.get_task,
        ("GET", "/healthz"): api.healthz,
        ("GET", "/readyz"): api.readyz,
        ("GET", "/metrics"): web.exposition,
        ("GET", "/openapi.yaml"): web.openapi,
        ("GET", "/docs"): web.swagger_ui,
        ("GET", "/docs/<name>"): web.swagger_asset,
    }
    for (method, rule), view in routes.items():
        app.add_url_rule(rule, view_func=view, methods=[method], provide_automatic_options=False)
    app.before_request(web.identify)
    app.after_request(web.finish)
    app.teardown_request(web.leave)
    app.register_error_handler(LabError, web.refuse)
    app.register_error_handler(HTTPException, web.refuse_http)
    app.register_error_handler(Exception, web.fail)
    return app


def create_app(environ: Mapping[str, str] = os.environ) -> Flask:
    """The application as the environment says; it connects in the background and tells through ``/readyz``."""
    settings = read(environ)
    metrics.begin(NAME)
    tracing.begin(NAME, settings)
    publisher, store = Publisher(settings, NAME), Store(settings)
    publisher.start()
    publisher.first_try()
    return build(settings, publisher, store)
