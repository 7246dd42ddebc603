"""A task read from JSON, checked, and written as JSON, with several libraries; all accept and refuse the same."""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from sys import maxsize
from typing import Any, get_args

import msgspec

from core import message
from core.clock import text
from core.errors import DecodeError
from core.message import MESSAGE_BYTES
from core.task import CPU_MS, IO_MS, Label, Name, Notes, Task, TaskId, Title, Work

MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):?[0-5]\d)", re.ASCII
)
"""RFC 3339, of which ``datetime.fromisoformat`` reads more than that."""


@dataclass(frozen=True)
class Codec:
    """How a library reads and writes a task."""

    decode: Callable[[bytes], Task]
    """Raises DecodeError for what is no task."""
    encode: Callable[[Task], bytes]


def _texts(kind: object) -> Callable[[object], str]:
    """A check of texts, with the rules that ``core.task`` has for this kind of them."""
    rule = get_args(kind)[1]
    least, most = rule.min_length or 0, rule.max_length or maxsize
    fits = re.compile(rule.pattern).search if rule.pattern else None

    def check(value: object) -> str:
        if type(value) is not str or not least <= len(value) <= most or (fits is not None and not fits(value)):
            raise ValueError(f"{value!r:.40} is no such text")
        value.encode()  # A lone surrogate is none in UTF-8.
        return value

    return check


_id, _title, _notes, _name, _label = map(_texts, (TaskId, Title, Notes, Name, Label))


def _members(value: object, needed: Collection[str], known: Collection[str]) -> Mapping[str, Any]:
    if type(value) is not dict or value.keys() - known or needed - value.keys():
        raise ValueError("not an object with the members of a task")
    return value


def _milliseconds(value: object, most: int) -> int:
    # A bool is an int in Python, and none in JSON.
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError(f"{value!r:.40} is no whole number up to {most}")
    return value


def _moment(value: object) -> datetime:
    if type(value) is not str or not MOMENT.fullmatch(value):
        raise ValueError(f"{value!r:.40} is no time with a zone")
    moment = datetime.fromisoformat(value.upper())
    moment.astimezone(UTC)
    return moment


NEEDED = frozenset({"id", "title", "source", "host", "request_id", "accepted"})
KNOWN = NEEDED | {"notes", "work", "nginx"}
WORK = frozenset({"io_ms", "cpu_ms"})


def _task(value: object) -> Task:
    """The task in what a parser has made of a message; ValueError or OverflowError where it is none."""
    given = _members(value, NEEDED, KNOWN)
    work = _members(given.get("work", {}), frozenset(), WORK)
    return Task(
        id=_id(given["id"]),
        title=_title(given["title"]),
        notes=_notes(given.get("notes", "")),
        work=Work(_milliseconds(work.get("io_ms", 0), IO_MS), _milliseconds(work.get("cpu_ms", 0), CPU_MS)),
        source=_name(given["source"]),
        host=_label(given["host"]),
        request_id=_label(given["request_id"]),
        accepted=_moment(given["accepted"]),
        nginx=None if given.get("nginx") is None else _moment(given["nginx"]),
    )


def _plain(task: Task, moment: Callable[[datetime], Any]) -> dict[str, Any]:
    return {
        "id": task.id,
        "title": task.title,
        "notes": task.notes,
        "work": {"io_ms": task.work.io_ms, "cpu_ms": task.work.cpu_ms},
        "source": task.source,
        "host": task.host,
        "request_id": task.request_id,
        "accepted": moment(task.accepted),
        "nginx": None if task.nginx is None else moment(task.nginx),
    }


def _checked(parse: Callable[[bytes], object]) -> Callable[[bytes], Task]:
    """A decoder that raises what ours raises."""

    def decode(body: bytes) -> Task:
        if len(body) > MESSAGE_BYTES:
            raise DecodeError(f"the body has {len(body)} bytes, more than {MESSAGE_BYTES}")
        try:
            return _task(parse(body))
        except (ValueError, OverflowError, RecursionError) as error:
            raise DecodeError(str(error)) from error

    return decode


def _msgspec() -> Codec:
    """Ours: one pass, into the type that is checked; and the encoder that ``core.message`` has."""
    return Codec(message.decode, msgspec.json.Encoder().encode)


def _json() -> Codec:
    """The standard library; given bytes it would also take UTF-16."""
    write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    return Codec(_checked(lambda body: json.loads(body.decode())), lambda task: write(_plain(task, text)).encode())


def _orjson() -> Codec:
    """It writes times by itself. The lab does not have it: ImportError there."""
    orjson = import_module("orjson")
    return Codec(_checked(orjson.loads), lambda task: orjson.dumps(_plain(task, lambda moment: moment)))


CODECS: Mapping[str, Callable[[], Codec]] = {"msgspec": _msgspec, "json": _json, "orjson": _orjson}
