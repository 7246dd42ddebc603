"""The answers of the HTTP contract, as values: the twins differ in how they are sent, never in what they say."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec

from core.documents import public
from core.enrich import Document
from core.page import USUAL_LIMIT, ListQuery, cursor_of
from core.problem import CONTENT_TYPE as PROBLEM
from core.problem import Problem, phrase, unavailable
from core.task import Queued, Task

JSON = "application/json"

_encode = msgspec.json.Encoder().encode


class Reply(NamedTuple):
    """An HTTP answer."""

    status: int
    body: bytes
    headers: dict[str, str]


def status_line(status: int) -> str:
    """A status as it stands in the answer's first line, the same on both servers."""
    return f"{status} {phrase(status)}"


def _json(status: int, value: Any, headers: dict[str, str] | None = None, content_type: str = JSON) -> Reply:
    return Reply(status, _encode(value) + b"\n", {"Content-Type": content_type, **(headers or {})})


def index(prefix: str, name: str) -> Reply:
    """200: what this API is, and where to go from here."""
    links = {part: f"{prefix}/{part}" for part in ("tasks", "docs", "openapi.yaml", "healthz", "readyz", "metrics")}
    return _json(200, {"service": name, "links": links})


def queued(task: Task, prefix: str) -> Reply:
    """202: the broker has confirmed the task; ``Location`` says where it will be found once a worker has stored it."""
    return _json(202, Queued(task.id, task.source), {"Location": f"{prefix}/tasks/{task.id}"})


def stored(document: Document, waited: int = 0) -> Reply:
    """200: the stored task."""
    return _json(200, public(document), _applied(waited))


def not_stored(task_id: str, request_id: str, waited: int = 0) -> Reply:
    """404: no such task is stored, or not yet."""
    detail = (
        f"No task with the id {task_id[:36]!r} is stored (yet). If it was accepted, it waits in the queue: "
        "ask again, or wait for it with the header Prefer: wait=5."
    )
    return problem(Problem(404, detail, headers=_applied(waited)), request_id)


def _applied(waited: int) -> dict[str, str]:
    return {"Preference-Applied": f"wait={waited}"} if waited else {}


def page(documents: Sequence[Document], query: ListQuery, prefix: str) -> Reply:
    """200: up to ``limit`` stored tasks, newest first. ``documents`` holds one more if there is a next page."""
    shown = documents[: query.limit]
    following = _link(query, cursor_of(shown[-1]), prefix) if len(documents) > query.limit else None
    return _json(200, {"items": [public(document) for document in shown], "next": following})


def _link(query: ListQuery, after: str, prefix: str) -> str:
    asked = {
        "limit": query.limit if query.limit != USUAL_LIMIT else None,
        "source": query.source,
        "worker": query.worker,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    return f"{prefix}/tasks?{urlencode({**given, 'after': after})}"


def healthy() -> Reply:
    """200: the process is alive."""
    return _json(200, {"status": "alive"})


def readiness(missing: dict[str, str], request_id: str) -> Reply:
    """200 when nothing is missing; else 503 naming each part that does not answer, and why."""
    if not missing:
        return _json(200, {"status": "ready"})
    detail = "; ".join(f"{part}: {why}" for part, why in missing.items())
    return problem(unavailable(detail, *missing), request_id)


def problem(found: Problem, request_id: str) -> Reply:
    """A problem document (RFC 9457)."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": found.title,
        "status": found.status,
        "detail": found.detail,
        "request_id": request_id,
    }
    if found.missing:
        document["missing"] = list(found.missing)
    return _json(found.status, document, found.headers, PROBLEM)
