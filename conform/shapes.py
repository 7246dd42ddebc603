"""Bodies of the contract's answers, as ``core/openapi.yaml`` has them. One too many is as wrong as one too few."""

from datetime import datetime
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from conform.demand import Violated
from core.task import Name, TaskId, Work

Body = TypeVar("Body")
Moment = Annotated[datetime, Meta(tz=True)]


class Shape(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that has exactly these members."""


class Queued(Shape, frozen=True):
    """The body of the 202."""

    id: TaskId
    status: Literal["queued"]
    source: Name


class Problem(Shape, frozen=True):
    """The body of every error (RFC 9457)."""

    type: str
    title: Annotated[str, Meta(min_length=1)]
    status: int
    detail: Annotated[str, Meta(min_length=1, max_length=1000)]
    request_id: Annotated[str, Meta(min_length=1)]
    missing: list[str] = []


class Party(Shape, frozen=True):
    """A producer or a worker, in the passport."""

    name: Name
    host: str


class Times(Shape, frozen=True):
    """When a task passed each hop."""

    accepted: Moment
    received: Moment
    stored: Moment
    nginx: Moment | None = None


class Passport(Shape, frozen=True):
    """Who handled a task, and when."""

    request_id: str
    producer: Party
    worker: Party
    attempt: Annotated[int, Meta(ge=1)]
    redelivered: bool
    waited_ms: int
    times: Times


class Stored(Shape, frozen=True):
    """A stored task."""

    id: TaskId
    status: Literal["stored"]
    title: str
    notes: str
    work: Work
    source: Name
    worker: Name
    slug: str
    words: int
    characters: int
    hashtags: list[str]
    passport: Passport


class Page(Shape, frozen=True):
    """A page of the list."""

    items: list[Stored]
    next: str | None


class Links(Shape, frozen=True):
    """What an API offers."""

    service: Name
    links: dict[str, str]


class Status(Struct, frozen=True):
    """Alive, or ready."""

    status: str


def read(body: bytes, shape: type[Body]) -> Body:
    """The body as that shape; Violated, with the words for what is wrong, where it is none."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Violated(f"{error}: {body[:200].decode(errors='replace').strip()}") from error
