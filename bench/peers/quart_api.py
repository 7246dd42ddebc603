"""``POST /tasks`` with Quart: all that our API does around it, the peer's way to publish. ``flask_api`` is its twin."""

import logging
import os
import time
from collections.abc import Awaitable, Callable

from quart import Quart, Response, g, request

from asyncapp import API, metrics, web
from bench.peers.idle import Idle
from bench.peers.job import producer
from core import reply
from core.accept import accept
from core.errors import LabError, UnsupportedBody
from core.message import Message, encode
from core.request import is_json, prefix
from core.settings import Settings
from core.task import BODY_BYTES

Publish = Callable[[Message], Awaitable[object]]

log = logging.getLogger(__name__)


def build(settings: Settings, publish: Publish) -> Quart:
    """The application; ``publish`` returns when the broker has confirmed, and raises where it has not."""
    app = Quart("peer", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES + 1
    app.extensions[API] = Idle()
    who = producer(settings)

    async def create_task() -> Response:
        if not is_json(request.headers):
            raise UnsupportedBody
        body = await request.get_data(cache=False, as_text=False, parse_form_data=False)
        task = accept(body, request.headers, who, g.request_id, time.time(), os.urandom(10))
        with metrics.Publishing():
            await publish(encode(task, settings.rabbit_queue))
            metrics.confirmed(1)
        log.info("task accepted", extra={"task_id": task.id, "request_id": g.request_id})
        return web.send(reply.queued(task, prefix(request.headers)))

    app.add_url_rule("/tasks", view_func=create_task, methods=["POST"], provide_automatic_options=False)
    app.before_request(web.identify)
    app.after_request(web.finish)
    app.register_error_handler(LabError, web.refuse)
    return app
