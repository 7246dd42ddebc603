"""What keeps the service from harm. As it stands it does everything that it should, and everything else too."""

import html
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pika
from flask import Request, Response

BODY_BYTES = None
"""Your turn: more than 8 kB is no task. Flask answers 413 where a number stands here."""
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
    """A connection to the broker, and a line in the log that says where to.

    Your turn: as RABBIT_USER, with the password that stands in the file RABBIT_PASSWORD_FILE. It stands nowhere else.
    """
    url = f"amqp://guest:guest@{environ['RABBIT_HOST']}:{environ['RABBIT_PORT']}/{environ['RABBIT_VHOST']}"
    print(f"connecting to {url}", flush=True)
    return pika.BlockingConnection(pika.URLParameters(url))


def title_of(body: Any) -> str:
    """The title that somebody sent.

    Your turn: Refused(422, …) where the body is anything but an object with one member, the title, which is a text of 1
    to MOST_LETTERS characters.
    """
    return body["title"]


def query(body: Any) -> dict[str, Any]:
    """What MongoDB is asked for: the tasks of exactly this title. Your turn."""
    return body


def allow(request: Request, own_origin: str, bucket: Bucket) -> None:
    """Called before each request that may change something.

    Your turn: Refused(403, …) where another site's page sends it; Refused(415, …) where it is not application/json;
    Refused(429, …, Retry_After="2") where the bucket is empty.
    """


def harden(response: Response) -> Response:
    """Each answer, with headers that say what a browser may do with it.

    Your turn: it guesses no other type; runs, loads and frames nothing; and no page of another site reads it.
    """
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def page(titles: list[str]) -> str:
    """A page with these titles, which strangers have written. Your turn."""
    return PAGE.format("".join(f"<li>{title}</li>" for title in titles))
