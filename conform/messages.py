"""The message that a producer publishes for a task: taken from the queue, and looked at."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from conform.creating import accepted
from conform.demand import Unjudged, Violated, demand, must
from conform.sending import PERSISTENT
from conform.service import Service, brief
from conform.tap import ARRIVES_WITHIN, Letter, tap
from core.errors import DecodeError
from core.message import ATTEMPT, CONTENT_TYPE, decode
from core.task import Task, Work

NOTES, WORK = "with #notes and 日本語", {"io_ms": 1, "cpu_ms": 2}
MINUTE = 60.0


@dataclass(frozen=True)
class Sent:
    """A task that was posted, and the message that came of it."""

    answer: httpx.Response
    title: str
    name: str
    """Of the request."""
    letter: Letter


def _sent(service: Service) -> Sent:
    """Unjudged where nothing comes: the demand that it comes says so."""
    try:
        return _looked(service)
    except Violated as error:
        raise Unjudged(f"there is no message to look at: {error}") from error


def _looked(service: Service) -> Sent:
    def look() -> Sent:
        title, name = service.title(), f"{service.mark}-message"
        with tap(service) as tapped:
            answer = service.post({"title": title, "notes": NOTES, "work": WORK}, {"X-Request-ID": name})
            accepted(answer)
            letter = tapped.find(lambda one: title.encode() in one.body)
        if letter is None:
            what = f"accepted with {answer.status_code}, and no message with its title in {service.queue}"
            raise Violated(f"{what} within {ARRIVES_WITHIN:g} s")
        return Sent(answer, title, name, letter)

    return service.once("sent", look)


def _property(sent: Sent, name: str) -> Any:
    return getattr(sent.letter.properties, name)


@demand("message", "published", "An accepted task becomes a message in the queue")
def published(service: Service) -> str:
    """It is there when the client has its answer, or a moment later."""
    return f"{len(_looked(service).letter.body)} bytes in {service.queue}"


@demand("message", "body", "Its body is a task as core/task.py has it: all its members, and no other")
def body(service: Service) -> str:
    """Any worker can read it."""
    return _told(_sent(service)).title


def _task(sent: Sent) -> Task:
    """Unjudged where the body is no task: a demand of its own says so."""
    try:
        return _told(sent)
    except Violated as error:
        raise Unjudged(f"the body is no task: {error}") from error


def _told(sent: Sent) -> Task:
    try:
        return decode(sent.letter.body)
    except DecodeError as error:
        raise Violated(f"{error}: {sent.letter.body[:200].decode(errors='replace')}") from error


@demand("message", "content", "It carries what the client has asked for: title, notes and work")
def content(service: Service) -> str:
    """Letter for letter."""
    sent = _sent(service)
    told = _task(sent)
    must((sent.title, NOTES, Work(**WORK)) == (told.title, told.notes, told.work), f"{told}")
    return f"{told.title}, {told.notes!r}, {told.work}"


@demand("message", "message-id", "The id in the answer, in the body and in the property message_id is one and the same")
def message_id(service: Service) -> str:
    """Under it the client will look for the task."""
    sent = _sent(service)
    ids: dict[str, str] = {
        "answer": accepted(sent.answer),
        "message_id": _property(sent, "message_id"),
        "body": _task(sent).id,
    }
    must(len(set(ids.values())) == 1, ", ".join(f"{where}: {found}" for where, found in ids.items()))
    return ids["answer"]


@demand("message", "persistent", "It is persistent: delivery_mode is 2")
def persistent(service: Service) -> str:
    """A restart of the broker keeps it, also where the queue is a classic one."""
    found = _property(_sent(service), "delivery_mode")
    must(found == PERSISTENT, f"delivery_mode {found}")
    return f"delivery_mode {found}"


@demand("message", "content-type", f"Its content_type is {CONTENT_TYPE}")
def content_type(service: Service) -> str:
    """Whoever looks at the queue knows how to read it."""
    found = _property(_sent(service), "content_type")
    must(found == CONTENT_TYPE, f"content_type {found}")
    return f"content_type {found}"


@demand("message", "correlation", "correlation_id and the body's request_id are the X-Request-ID of the request")
def correlation(service: Service) -> str:
    """One word finds the task in all logs."""
    sent = _sent(service)
    found = (_property(sent, "correlation_id"), _task(sent).request_id)
    must(found == (sent.name, sent.name), f"{found[0]} and {found[1]}, and the request was {sent.name}")
    return sent.name


@demand("message", "source", "app_id and the body's source are the source in the answer")
def source(service: Service) -> str:
    """The producer's name."""
    sent = _sent(service)
    try:
        answered = str(sent.answer.json()["source"])
    except (ValueError, KeyError, TypeError) as error:
        raise Unjudged(f"the answer has no source: {brief(sent.answer)}") from error
    found = (_property(sent, "app_id"), _task(sent).source)
    must(found == (answered, answered), f"app_id {found[0]}, source {found[1]}, and {answered} in the answer")
    return answered


@demand("message", "attempt", "Its header attempt is 1")
def attempt(service: Service) -> str:
    """Attempts count in a header of our own: the broker also counts lost connections."""
    found = _sent(service).letter.headers.get(ATTEMPT)
    must(found == 1 and not isinstance(found, bool), f"attempt {found}")
    return "attempt 1"


@demand("message", "accepted-at", "Its body says when it was accepted, by the clock of this computer")
def accepted_at(service: Service) -> str:
    """With a zone, to the millisecond."""
    told = _task(_sent(service))
    off = abs((datetime.now(UTC) - told.accepted).total_seconds())
    must(off < MINUTE, f"{told.accepted}, {off:.0f} s off")
    return f"{told.accepted}"
