"""A task, in the three shapes it has on its way: asked for, queued, stored."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from core.errors import InvalidRequest, InvalidTask

TITLE_LENGTH = 200
NOTES_LENGTH = 10_000
IO_MS = 5_000
CPU_MS = 1_000
BODY_BYTES = 64 * 1024

Title = Annotated[str, Meta(min_length=1, max_length=TITLE_LENGTH, pattern=r"[^ \t\r\n]")]
Notes = Annotated[str, Meta(max_length=NOTES_LENGTH)]
TaskId = Annotated[str, Meta(pattern=r"\A[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")]
Name = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9-]{0,31}\Z")]
Label = Annotated[str, Meta(max_length=128)]


class Work(Struct, frozen=True, forbid_unknown_fields=True):
    """Simulated work: milliseconds to wait for something else, milliseconds to compute."""

    io_ms: Annotated[int, Meta(ge=0, le=IO_MS)] = 0
    cpu_ms: Annotated[int, Meta(ge=0, le=CPU_MS)] = 0


class NewTask(Struct, frozen=True, forbid_unknown_fields=True):
    """What a client asks for: the body of ``POST /tasks``."""

    title: Title
    notes: Notes = ""
    work: Work = Work()


class Task(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What waits in the queue: the client's task, and where and when it was accepted."""

    id: TaskId
    title: Title
    notes: Notes = ""
    work: Work = Work()
    source: Name
    host: Label
    request_id: Label
    accepted: Annotated[datetime, Meta(tz=True)]
    nginx: Annotated[datetime, Meta(tz=True)] | None = None


class Queued(Struct, frozen=True):
    """What the client is told once the broker has confirmed: the body of the 202."""

    id: str
    source: str
    status: Literal["queued"] = "queued"


Shape = TypeVar("Shape")


class NotJSON(ValueError):
    """The bytes are not JSON in UTF-8 at all."""


def decoder(shape: type[Shape]) -> Callable[[bytes], Shape]:
    """A strict JSON decoder for ``shape``; it raises ``ValueError`` with words for people.

    What JSON allows and BSON cannot hold, such as a lone surrogate or an integer of 2**63, is refused here, in front
    of the queue, because behind it nobody is left to be told.
    """
    decode = msgspec.json.Decoder(shape, strict=True).decode

    def decoded(body: bytes) -> Shape:
        try:
            return decode(body)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise NotJSON(f"not JSON in UTF-8: {error}") from error

    return decoded


_decode_new_task = decoder(NewTask)


def parse_new_task(body: bytes) -> NewTask:
    """The task that a request body asks for; raises InvalidTask saying which member is wrong, or InvalidRequest."""
    try:
        return _decode_new_task(body)
    except NotJSON as error:
        raise InvalidRequest(f"The body is {error}") from error
    except ValueError as error:
        raise InvalidTask(str(error)) from error
