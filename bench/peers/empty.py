"""Handlers that do nothing, on the same servers: what framework and server take before anybody's code runs."""

from flask import Flask, Response, request
from quart import Quart
from quart import Response as QuartResponse
from quart import request as quart_request

from app import API
from bench.peers.idle import Idle

ANSWER = b'{"status":"queued"}\n'
JSON = "application/json"


def flask_app() -> Flask:
    """Reads the body and answers 202."""
    app = Flask("empty", static_folder=None)
    app.extensions[API] = Idle()

    def create_task() -> Response:
        request.get_data()
        return Response(ANSWER, 202, content_type=JSON)

    app.add_url_rule("/tasks", view_func=create_task, methods=["POST"], provide_automatic_options=False)
    return app


def quart_app() -> Quart:
    """Reads the body and answers 202."""
    app = Quart("empty", static_folder=None)
    app.extensions[API] = Idle()

    async def create_task() -> QuartResponse:
        await quart_request.get_data(cache=False, as_text=False, parse_form_data=False)
        return QuartResponse(ANSWER, 202, content_type=JSON)

    app.add_url_rule("/tasks", view_func=create_task, methods=["POST"], provide_automatic_options=False)
    return app
