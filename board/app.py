"""The board's application: which address leads where, who may change something, and what a page may load."""

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from quart import Quart, Response, request
from werkzeug.exceptions import HTTPException

from board import guard
from board.settings import Board, read
from board.views import WWW, Service, not_now, problem, request_id, sent
from cli.errors import CliError
from core import reply
from core.problem import problem_of_status

SMALL = 64 * 1024
"""Bytes: nobody sends more than the names of some dead letters."""


def build(board: Board) -> Quart:
    """The application; it opens nothing itself."""
    app = Quart("board", root_path=str(WWW.parent), static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = SMALL
    service = Service(board)
    routes: dict[tuple[str, str], Callable[..., Any]] = {
        ("GET", "/"): service.page,
        ("GET", "/tasks/<task_id>"): service.page,
        ("GET", "/lessons/"): service.lesson,
        ("GET", "/lessons/<name>/"): service.lesson,
        ("GET", "/board/source/<path:path>"): service.source,
        ("GET", "/board/www/<name>"): service.static,
        ("GET", "/board/settings"): service.settings,
        ("GET", "/board/feed"): service.feed,
        ("GET", "/board/looks"): service.looks,
        ("GET", "/board/tasks/<task_id>"): service.task,
        ("GET", "/board/dead"): service.dead,
        ("POST", "/board/dead/<what>"): service.settle,
        ("POST", "/board/poison"): service.poison,
        ("GET", "/healthz"): service.healthz,
        ("GET", "/readyz"): service.healthz,
    }
    for (method, rule), view in routes.items():
        app.add_url_rule(rule, f"{method} {rule}", view, methods=[method], provide_automatic_options=False)
    app.before_request(_guarded)
    app.after_request(partial(_finish, board))
    app.register_error_handler(CliError, _refuse)
    app.register_error_handler(HTTPException, _refuse_http)
    return app


def create_app(environ: Mapping[str, str] = os.environ) -> Quart:
    """The application as the environment says."""
    return build(read(environ))


async def _guarded() -> Response | None:
    """Everything that changes something is for the board's own page."""
    why = guard.refusal(request.headers) if request.method == "POST" else ""
    return problem(403, why) if why else None


async def _finish(board: Board, response: Response) -> Response:
    """What the page may load: its own files, and answers of the agent on this computer."""
    agents = " ".join(f"http://{host}:{board.agent_port}" for host in ("localhost", "127.0.0.1"))
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' {agents}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    response.headers.setdefault("Cache-Control", "no-cache")
    return response


async def _refuse(error: CliError) -> Response:
    return not_now(f"{error.part}: {error}")


async def _refuse_http(error: HTTPException) -> Response:
    allowed = sorted(getattr(error, "valid_methods", None) or ())
    found = problem_of_status(error.code or 500, {"Allow": ", ".join(allowed)} if allowed else None)
    return sent(reply.problem(found, request_id()))
