"""Between the framework and the contract: ids of requests, errors as problem documents, the written contract."""

import logging
import os
import time
from importlib import resources

from prometheus_client import Gauge
from quart import Response, g, request
from werkzeug.exceptions import HTTPException

from asyncapp import metrics, tracing
from core import docs, reply
from core.errors import LabError
from core.ids import new_id
from core.problem import problem_of, problem_of_status
from core.reply import Reply
from core.request import Headers as Asked
from core.request import request_id

log = logging.getLogger(__name__)

IN_FLIGHT = Gauge("tasklab_http_requests_in_flight", "HTTP requests being answered.", multiprocess_mode="livesum")


def asked() -> Asked:
    """The headers of the request that is being answered, of several with one name the first.

    Quart has all names in one form, such as Content-Type, but goes over every header for each look-up.
    """
    return dict(reversed([*request.headers]))


def send(answer: Reply) -> Response:
    """The framework's response for an answer of the contract."""
    return Response(answer.body, answer.status, answer.headers)


async def identify() -> None:
    """Give the request its id, and remember its headers and when it began."""
    g.headers = asked()
    g.request_id = request_id(g.headers) or new_id(int(time.time() * 1000), os.urandom(10))
    g.span = tracing.arrived(request, g.headers, g.request_id)
    g.started = time.perf_counter()
    metrics.note(IN_FLIGHT, 1)


async def finish(response: Response) -> Response:
    """Count the request, and send its id back."""
    route = request.url_rule.rule if request.url_rule else "unmatched"
    metrics.answered(request.method, route, response.status_code, time.perf_counter() - g.started)
    tracing.answered(g.span, response.status_code)
    response.headers["X-Request-ID"] = g.request_id
    return response


async def leave(_: BaseException | None) -> None:
    """The request is over, answered or not."""
    if "started" in g:
        metrics.note(IN_FLIGHT, -1)
        tracing.left(g.span)


async def refuse(error: LabError) -> Response:
    """The problem document for an error of the lab."""
    problem = problem_of(error)
    log.warning("request refused", extra={"request_id": g.request_id, "status": problem.status, "reason": str(error)})
    return send(reply.problem(problem, g.request_id))


async def refuse_http(error: HTTPException) -> Response:
    """The problem document for an error that the framework found."""
    allowed = sorted(getattr(error, "valid_methods", None) or ())
    problem = problem_of_status(error.code or 500, {"Allow": ", ".join(allowed)} if allowed else None)
    return send(reply.problem(problem, g.request_id))


async def fail(error: Exception) -> Response:
    """The problem document for what nobody foresaw; the log holds the rest."""
    log.error("unforeseen error", extra={"request_id": g.request_id}, exc_info=error)
    return send(reply.problem(problem_of_status(500), g.request_id))


async def openapi() -> Response:
    """The written contract."""
    return Response(docs.contract(), content_type="application/yaml")


async def swagger_ui() -> Response:
    """The contract as a page to try out."""
    return Response(docs.PAGE, content_type="text/html; charset=utf-8")


async def swagger_asset(name: str) -> Response:
    """A file of that page, from the package that carries Swagger UI."""
    if name == "start.js":
        return Response(docs.START, content_type="text/javascript; charset=utf-8")
    if name not in docs.ASSETS:
        return send(reply.problem(problem_of_status(404), g.request_id))
    content = (resources.files("flask_swagger_ui") / "dist" / name).read_bytes()
    return Response(content, content_type=docs.ASSETS[name])


async def exposition() -> Response:
    """Metrics for Prometheus."""
    return Response(metrics.exposition(), content_type=metrics.CONTENT_TYPE)
