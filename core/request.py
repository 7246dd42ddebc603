"""What the headers and the query of a request say, checked. Names of headers are those of the HTTP contract."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from core.clock import at
from core.errors import InvalidRequest
from core.page import MAX_LIMIT, USUAL_LIMIT, ListQuery, parse_cursor

MAX_WAIT = 30

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_KEY = re.compile(r"[!-~]{1,200}")
_PREFIX = re.compile(r"(/[A-Za-z0-9._-]{1,64}){0,4}")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_START = re.compile(r"t=(\d{10})\.(\d{3})")
_WAIT = re.compile(r"wait=(\d{1,9})")


class Headers(Protocol):
    """The headers of a request: a mapping that ignores the case of their names, or has them all as Content-Type."""

    def get(self, key: str, default: str, /) -> str: ...
    def __contains__(self, key: str, /) -> bool: ...


def parse_list_query(pairs: Iterable[tuple[str, str]]) -> ListQuery:
    """The list that a query string asks for; raises InvalidRequest for what the contract does not name."""
    given: dict[str, str] = {}
    for name, value in pairs:
        if name not in {"limit", "after", "source", "worker"}:
            raise InvalidRequest(
                f"There is no query parameter {name[:40]!r}; there are limit, after, source and worker"
            )
        if name in given:
            raise InvalidRequest(f"The query parameter {name} is given twice")
        given[name] = value
    return ListQuery(
        limit=_limit(given["limit"]) if "limit" in given else USUAL_LIMIT,
        after=parse_cursor(given["after"]) if "after" in given else None,
        source=_name("source", given["source"]) if "source" in given else None,
        worker=_name("worker", given["worker"]) if "worker" in given else None,
    )


def _limit(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= MAX_LIMIT:
        raise InvalidRequest(f"limit must be a whole number from 1 to {MAX_LIMIT}")
    return int(text)


def _name(parameter: str, text: str) -> str:
    if not _NAME.fullmatch(text):
        raise InvalidRequest(f"{parameter} must be a name such as 'flask': lower-case letters, digits and hyphens")
    return text


def is_json(headers: Headers) -> bool:
    """Whether the body is declared as JSON, in no other encoding than UTF-8, and not compressed."""
    media_type, _, parameters = headers.get("Content-Type", "").partition(";")
    charset = parameters.strip().lower().replace('"', "")
    plain = headers.get("Content-Encoding", "identity").lower() in {"", "identity"}
    return plain and media_type.strip().lower() == "application/json" and charset in {"", "charset=utf-8"}


def idempotency_key(headers: Headers) -> str | None:
    """The key under which the client may send the same task again; None if it gave none."""
    if "Idempotency-Key" not in headers:
        return None
    key = headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(key):
        raise InvalidRequest("Idempotency-Key must have 1 to 200 visible ASCII characters")
    return key


def wait_seconds(headers: Headers) -> int:
    """How long ``Prefer: wait=N`` (RFC 7240) asks to wait, at most 30; 0 where it asks for nothing we understand."""
    for preference in headers.get("Prefer", "").lower().split(","):
        if match := _WAIT.fullmatch(preference.strip().partition(";")[0].replace(" ", "")):
            return min(int(match[1]), MAX_WAIT)
    return 0


def request_id(headers: Headers) -> str:
    """The id that nginx gave this request; empty where there is none that can be used."""
    given = headers.get("X-Request-Id", "")
    return given if _REQUEST_ID.fullmatch(given) else ""


def prefix(headers: Headers) -> str:
    """The path under which the client sees this API, such as ``/flask``: links must carry it."""
    given = headers.get("X-Forwarded-Prefix", "")
    return given if _PREFIX.fullmatch(given) else ""


def reached_nginx(headers: Headers) -> datetime | None:
    """When nginx took the request (``X-Request-Start: t=seconds.milliseconds``); None if it came another way."""
    match = _START.fullmatch(headers.get("X-Request-Start", ""))
    return at(int(match[1]) + int(match[2]) / 1000) if match else None
