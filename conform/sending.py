"""Messages of the judge's own, straight into the queue: what a worker does is judged without any producer."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pika
from pymongo.errors import BulkWriteError

from conform.demand import Violated
from conform.service import Document, Service, until
from core.clock import at
from core.enrich import Receipt, enrich
from core.ids import new_id
from core.message import Message, encode
from core.task import Task, Work

STORED_WITHIN = 20.0
PERSISTENT = 2
WORD = "judge"


def task(service: Service, word: str = "task", source: str = WORD, number: int = 0, **members: Any) -> Task:
    """A task as a producer would have accepted it at this moment."""
    now = datetime.now(UTC).timestamp()
    usual: dict[str, Any] = {
        "id": new_id(int(now * 1000), (hash((service.mark, word, number, now)) & (1 << 80) - 1).to_bytes(10, "big")),
        "title": service.title(word), "source": source, "host": WORD, "accepted": at(now), "nginx": at(now),
        "request_id": f"{service.mark}-{word}", "work": Work(),
    }  # fmt: skip
    return Task(**{**usual, **members})


def message(service: Service, one: Task) -> Message:
    """The message that carries a task."""
    return encode(one, service.queue)


def publish(service: Service, messages: Iterable[Message]) -> None:
    """Into the queue, in this order, confirmed."""
    with service.channel() as channel:
        for one in messages:
            properties = pika.BasicProperties(
                content_type="application/json", delivery_mode=PERSISTENT, message_id=one.message_id,
                correlation_id=one.correlation_id, app_id=one.app_id, headers=dict(one.headers),
            )  # fmt: skip
            channel.basic_publish("", service.queue, one.body, properties, mandatory=True)


def stored(service: Service, ids: Iterable[str], within: float = STORED_WITHIN) -> list[Document]:
    """The documents with these ids; Violated where one is missing after that long."""
    wanted = {"_id": {"$in": list(ids)}}
    count = len(wanted["_id"]["$in"])
    until(lambda: service.documents.count_documents(wanted) == count, within)
    found = list(service.documents.find(wanted))
    if len(found) < count:
        seen = f"{len(found)} of {count} documents with the _id of a task from {service.queue} after {within:g} s"
        raise Violated(f"{seen}, in {service.documents.full_name}")
    return found


def plant(service: Service, tasks: Iterable[Task], when: datetime | None = None) -> list[Document]:
    """Stores tasks as a worker would have, all at one moment: what reads them is judged without any worker."""
    moment = at((when or datetime.now(UTC)).timestamp())
    receipt = Receipt(WORD, WORD, 1, False, moment)
    documents = [enrich(one, receipt, moment) for one in tasks]
    try:
        service.documents.insert_many(documents, ordered=False)
    except BulkWriteError:
        # The worker was quicker with one of them, which is as good.
        return documents
    return documents


def works(service: Service) -> Document:
    """The document of one plain task: whether there is a worker at all. Asked once, whoever asks."""

    def look() -> Document:
        one = task(service, "plain", title=f"{service.title('Über')} #Länge", notes="two words #LÄNGE #Zwei")
        publish(service, [message(service, one)])
        return stored(service, [one.id])[0]

    return service.once("works", look)
