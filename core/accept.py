"""From a request to a task: everything a producer does before it publishes."""

from dataclasses import dataclass

from core import ids, request
from core.clock import at
from core.errors import BodyTooLarge
from core.task import BODY_BYTES, Task, parse_new_task


@dataclass(frozen=True)
class Producer:
    """Who accepts tasks: the API's name and its host."""

    name: str
    host: str


def accept(
    body: bytes, headers: request.Headers, producer: Producer, request_id: str, now: float, random: bytes
) -> Task:
    """The task to publish for ``POST /tasks``; raises a LabError, and then nothing is queued.

    ``now`` is seconds since 1970, ``random`` ten random bytes.
    """
    if len(body) > BODY_BYTES:
        raise BodyTooLarge
    key = request.idempotency_key(headers)
    new = parse_new_task(body)
    accepted = at(now)
    return Task(
        id=ids.id_of_key(key) if key else ids.new_id(int(now * 1000), random),
        title=new.title,
        notes=new.notes,
        work=new.work,
        source=producer.name,
        host=producer.host,
        request_id=request_id,
        accepted=accepted,
        nginx=request.reached_nginx(headers),
    )
