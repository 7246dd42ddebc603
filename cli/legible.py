"""What strangers wrote, made fit for a terminal: nothing in it moves the cursor, colours text or fills the screen."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from cli.language import _, later, many

MOST_TEXT = 20_000
MOST_BYTES = 512
A_ROW = 16
UNITS = ((86_400, later("d")), (3_600, later("h")), (60, later("min")), (1, later("s")))


def plain(value: Any, most: int = MOST_TEXT) -> str:
    """The value as text, at most ``most`` characters of it; what cannot be seen stands as its escape."""
    text = str(value)
    shown = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text[:most])
    return shown if len(shown) <= most and len(text) <= most else f"{shown[: most - 1]}…"


def as_json(body: bytes) -> Any:
    """The document in a body; None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def title(body: bytes) -> str | None:
    """The title in a body that is a task, or nearly one; None where there is none."""
    document = as_json(body)
    found = document.get("title") if isinstance(document, dict) else None
    return found if isinstance(found, str) else None


def measures(body: bytes) -> str:
    """How long it is, and the hash that tells it from others."""
    return many("{number} bytes, sha256 {digest}", len(body), digest=hashlib.sha256(body).hexdigest())


def lines(body: bytes) -> list[str]:
    """The body for people: JSON indented, other text escaped, other bytes in hexadecimal."""
    document = as_json(body)
    if document is not None:
        return _cut(json.dumps(document, indent=2, ensure_ascii=False).split("\n"))
    try:
        return _cut(body.decode().splitlines())
    except UnicodeDecodeError:
        return _hexadecimal(body)


def _cut(found: list[str]) -> list[str]:
    """As many lines as ``MOST_TEXT`` characters allow."""
    shown: list[str] = []
    left = MOST_TEXT
    for line in found:
        if left <= 0:
            return [*shown, many("… and {number} lines more", len(found) - len(shown))]
        shown.append(plain(line, left))
        left -= len(shown[-1]) + 1
    return shown


def _hexadecimal(body: bytes) -> list[str]:
    begins = range(0, min(len(body), MOST_BYTES), A_ROW)
    rows = [body[begin : begin + A_ROW] for begin in begins]
    found = [f"{row.hex(' '):<{A_ROW * 3}} {_visible(row)}" for row in rows]
    return [*found, many("… and {number} bytes more", len(body) - MOST_BYTES)] if len(body) > MOST_BYTES else found


def _visible(row: bytes) -> str:
    return "".join(chr(one) if chr(one).isascii() and chr(one).isprintable() else "." for one in row)


def age(when: str, now: datetime) -> str:
    """How long ago that was, in the largest unit that is not zero; empty where the time cannot be read."""
    seconds = seconds_since(when, now)
    if seconds is None:
        return ""
    return next((f"{seconds // size} {_(unit)}" for size, unit in UNITS if seconds >= size), f"0 {_(UNITS[-1][1])}")


def seconds_since(when: str, now: datetime) -> int | None:
    """Whole seconds, never fewer than none; None where the time cannot be read."""
    moment = instant(when)
    return None if moment is None else max(0, int((now - moment).total_seconds()))


def instant(when: str) -> datetime | None:
    """The time that ISO 8601 text says, without a zone in UTC; None where it says none."""
    try:
        moment = datetime.fromisoformat(when)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
