"""What keeps the service from harm. What it does not know, it refuses."""

import html
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pika
from flask import Request, Response

BODY_BYTES = 8 * 1024
"""More than that is no task. Flask answers 413."""
MOST_LETTERS = 200
PAGE = "<!doctype html><meta charset=utf-8><title>Tasks</title><ul>{}</ul>"


class Refused(Exception):
    """Whoever asked is told this status, with words and headers."""

    def __init__(self, status: int, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class Bucket:
    """Holds twenty tokens, and gets one each two seconds. Nothing to do here."""

    def __init__(self, size: int = 20, seconds: float = 2.0) -> None:
        self._size, self._seconds = size, seconds
        self._tokens, self._then = float(size), time.monotonic()

    def take(self) -> bool:
        """One of them; False where there is none."""
        now = time.monotonic()
        self._tokens = min(self._size, self._tokens + (now - self._then) / self._seconds)
        self._then = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def connect(environ: Mapping[str, str]) -> pika.BlockingConnection:
    """A connection to the broker, and a line in the log that says where to, and as whom."""
    user, host, port = environ["RABBIT_USER"], environ["RABBIT_HOST"], int(environ["RABBIT_PORT"])
    password = Path(environ["RABBIT_PASSWORD_FILE"]).read_text(encoding="utf-8").strip()
    print(f"connecting to {host}:{port} as {user}", flush=True)
    login = pika.PlainCredentials(user, password)
    return pika.BlockingConnection(pika.ConnectionParameters(host, port, environ["RABBIT_VHOST"], login))


def title_of(body: Any) -> str:
    """The title that somebody sent; Refused where the body is anything but an object with a title and nothing else."""
    if not isinstance(body, dict) or set(body) != {"title"}:
        raise Refused(422, "Send an object with a title, and nothing else.")
    title = body["title"]
    if not isinstance(title, str) or not 1 <= len(title) <= MOST_LETTERS:
        raise Refused(422, f"The title is a text of 1 to {MOST_LETTERS} characters.")
    return title


def query(body: Any) -> dict[str, Any]:
    """What MongoDB is asked for: the tasks of exactly this title."""
    return {"title": title_of(body)}


def allow(request: Request, own_origin: str, bucket: Bucket) -> None:
    """Called before each request that may change something: Refused where it comes from another site's page, is no
    JSON, or is one too many.
    """
    if not request.headers.get("Origin", own_origin).startswith(own_origin):
        raise Refused(403, "A page of another site has sent this.")
    if request.mimetype != "application/json":
        raise Refused(415, "Send it as application/json.")
    if not bucket.take():
        raise Refused(429, "Too many at a time. Send it again later.", Retry_After="2")


def harden(response: Response) -> Response:
    """Each answer, with headers that say what a browser may do with it: show it, and nothing else."""
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    return response


def page(titles: list[str]) -> str:
    """A page with these titles, which strangers have written."""
    return PAGE.format("".join(f"<li>{html.escape(title)}</li>" for title in titles))
