"""A queue that takes nothing, and a queue that is gone: whether a 202 is ever said in vain.

The queue is taken away for a moment, which a broker's administrator could do as well; in its place stands one of the
judge's own, which nobody else may declare, and which refuses everything. Afterwards it is made again as it was.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from pika.exceptions import ChannelClosedByBroker

from conform.creating import accepted
from conform.demand import Unjudged, demand, must
from conform.sending import message, publish, task
from conform.service import POLL, Channel, Service, brief, until
from conform.tap import tap
from core.topology import topology

UNAVAILABLE = 503
TAKES_NOTHING: dict[str, Any] = {"x-max-length": 0, "x-overflow": "reject-publish"}
TRIES = 8
EMPTY_WITHIN = 10.0
LAST_TO_BE_SERVED: dict[str, Any] = {"x-priority": -100}
NOTICED_WITHIN, TOLD_WITHIN = 0.5, 5.0
"""So long the other queue stands there: until the broker has told the judge's own consumer that its queue is gone.

Where the queue is made again before consumers are told, they never are, and consume nothing from then on.
"""
TURNS_UP_WITHIN = 4.0
RETURNS_WITHIN = 40.0
RESTORED_WITHIN = 10.0
A_MOMENT = 0.3


@contextmanager
def _away(service: Service) -> Iterator[Channel]:
    """The queue is gone while the block lasts, and one that takes nothing stands in its place at its beginning."""
    _must_be_ours_and_empty(service)
    try:
        with service.channel() as channel, service.channel() as watching:
            _take(channel, watching, service.queue)
            yield channel
    finally:
        if not until(lambda: _declared(service), RESTORED_WITHIN):
            raise Unjudged(f"{service.queue} could not be made again: ./lab restart pyworker does that")


def _must_be_ours_and_empty(service: Service) -> None:
    """Unjudged where taking it away could do harm."""
    if not _declared(service):
        raise Unjudged(
            f"{service.queue} is not declared as core/topology.py says, and could not be made again as it is"
        )
    if not until(lambda: service.waiting() == 0, EMPTY_WITHIN):
        raise Unjudged(f"{service.waiting()} messages wait in {service.queue}, and would be lost with it")


def _declared(service: Service) -> bool:
    """Whether the queue is there afterwards, as it must be."""
    work = topology(service.queue).shards[0].work
    try:
        with service.channel() as channel:
            channel.queue_declare(work.name, durable=True, arguments=dict(work.arguments))
    except ChannelClosedByBroker:
        return False
    return True


def _take(channel: Channel, watching: Channel, queue: str) -> None:
    """Put the queue that takes nothing in its place; return when consumers have been told that theirs is gone."""
    told: list[object] = []
    watching.add_on_cancel_callback(told.append)
    watching.basic_qos(prefetch_count=1)
    watching.basic_consume(queue, lambda *_: None, arguments=LAST_TO_BE_SERVED)
    channel.queue_delete(queue)
    channel.queue_declare(queue, exclusive=True, arguments=TAKES_NOTHING)
    began = time.monotonic()
    while time.monotonic() < began + (NOTICED_WITHIN if told else TOLD_WITHIN):
        watching.connection.process_data_events(POLL)


@demand("message", "refused", "A task that the queue does not take is answered 503, with Retry-After")
def refused(service: Service) -> str:
    """Only who waits for the broker's confirm knows: an answer before it is a guess."""
    accepted(service.post({"title": service.title()}))
    answer = _tried(lambda: _without(service, service.title("refused"), gone=False))
    must(answer.status_code == UNAVAILABLE, f"{brief(answer)}, and the broker had refused the message")
    must(answer.headers.get("retry-after", "").isdecimal(), "503 without Retry-After")
    return brief(answer)


@demand("message", "unroutable", "A task that finds no queue is answered 503, and never 202")
def unroutable(service: Service) -> str:
    """The broker confirms what it could not put anywhere, unless the message is mandatory."""
    accepted(service.post({"title": service.title()}))
    for _ in range(TRIES):
        title = service.title("unroutable")
        answer = _tried(lambda title=title: _without(service, title, gone=True))  # type: ignore[misc]
        if answer.status_code == UNAVAILABLE:
            return brief(answer)
        must(answer.is_success, brief(answer))
        # The service may have made the queue again in time; then the task turns up.
        found = until(lambda title=title: _turned_up(service, title), TURNS_UP_WITHIN)  # type: ignore[misc]
        must(found, f"{brief(answer)}, and the task is lost")
    raise Unjudged(f"the queue was made again each of {TRIES} times before a task came")


def _turned_up(service: Service, title: str) -> bool:
    """Whether the task is stored, or waits in the queue."""
    if service.documents.find_one({"title": title}):
        return True
    with tap(service) as tapped:
        return tapped.find(lambda letter: title.encode() in letter.body, A_MOMENT) is not None


def _tried(look: Callable[[], httpx.Response | None]) -> httpx.Response:
    """What it finds at the first time that nobody is quicker; Unjudged where somebody always is."""
    for _ in range(TRIES):
        if (found := look()) is not None:
            return found
    raise Unjudged(f"the queue was made again each of {TRIES} times at once")


def _without(service: Service, title: str, gone: bool) -> httpx.Response | None:
    """The answer to a task while the queue takes nothing, or is gone; None where somebody has made it again first."""
    try:
        with _away(service) as channel:
            if gone:
                channel.queue_delete(service.queue)
            return service.post({"title": title})
    except ChannelClosedByBroker:
        return None


@demand("document", "returns", "When the queue is there again, the worker goes on, and the producer too")
def returns(service: Service) -> str:
    """The broker cancels a consumer whose queue is gone; who does not listen to that consumes nothing for ever."""
    with _away(service):
        one = task(service, "after")
    publish(service, [message(service, one)])
    found = until(lambda: service.documents.find_one({"_id": one.id}), RETURNS_WITHIN)
    must(found, f"{one.id} was not stored within {RETURNS_WITHIN:g} s")
    ends = time.monotonic() + RETURNS_WITHIN
    answer = service.post({"title": service.title("after")})
    while not answer.is_success and time.monotonic() < ends:
        time.sleep(0.1)
        answer = service.post({"title": service.title("after")})
    must(answer.is_success, brief(answer))
    return f"{one.id} stored, {brief(answer)}"
