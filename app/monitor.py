"""Health and metrics of a worker, over HTTP: a process that serves nothing else still has to tell how it is."""

from collections.abc import Callable, Iterable
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from app import metrics
from core import reply
from core.problem import problem_of_status
from core.reply import Reply
from core.settings import Settings

Missing = Callable[[], dict[str, str]]


def serve(settings: Settings, missing: Missing) -> None:
    """Answer ``/healthz``, ``/readyz`` and ``/metrics`` on the worker's port, from a thread of their own."""

    def application(environ: Any, start_response: Any) -> Iterable[bytes]:
        status, body, headers = _answer(environ.get("PATH_INFO", ""), missing)
        start_response(reply.status_line(status), list(headers.items()))
        return [body]

    server = make_server(settings.bind_host, settings.worker_port, application, handler_class=_Quiet)
    Thread(target=server.serve_forever, name="monitor", daemon=True).start()


def _answer(path: str, missing: Callable[[], dict[str, str]]) -> Reply:
    if path == "/healthz":
        return reply.healthy()
    if path == "/readyz":
        return reply.readiness(missing(), request_id="")
    if path == "/metrics":
        return Reply(200, metrics.exposition(), {"Content-Type": metrics.CONTENT_TYPE})
    return reply.problem(problem_of_status(404), request_id="")


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Probes come every few seconds: no line for each."""
