"""What a span says of what was done, in the words of OpenTelemetry's semantic conventions (1.44).

A name of our own begins with ``tasklab.``: there is no convention for what it tells.
"""

from typing import NamedTuple

from core.delivery import Again, Dead, Delivery, Verdict
from core.documents import COLLECTION

UNTRACED = {"/healthz", "/readyz", "/metrics"}
"""Asked every few seconds by machines: they would bury what people do."""
METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"}
COMMANDS = {"get": "find"}
"""How MongoDB calls an operation of the store, where that is not its name."""
MOST_LETTERS = 200

Attributes = dict[str, str | int | bool]


class Result(NamedTuple):
    """How what a span tells of has ended."""

    attributes: Attributes
    error: str = ""
    """What went wrong, for people; empty where all went well."""


FINE = Result({})
"""Nothing more to say."""


def request_name(method: str, route: str) -> str:
    """The span of a request; ``route`` is the rule it matched, or empty."""
    return f"{method if method in METHODS else 'HTTP'} {route}".rstrip()


def request(method: str, path: str, route: str, request_id: str) -> Attributes:
    """What a request says when it comes."""
    told: Attributes = {
        "http.request.method": method if method in METHODS else "_OTHER",
        "url.scheme": "http",
        "url.path": path[:MOST_LETTERS],
        "tasklab.request_id": request_id,
    }
    return {**told, "http.route": route} if route else told


def answered(status: int) -> Result:
    """The answer; 0 where nobody waited for it. One of 4xx is the client's error, and the service has done well."""
    if not status:
        return Result({"error.type": "abandoned"}, "abandoned")
    told: Attributes = {"http.response.status_code": status}
    return Result({**told, "error.type": str(status)}, str(status)) if status >= 500 else Result(told)


def of_message(operation: str, queue: str, message_id: str, request_id: str) -> Attributes:
    """A message that is sent or processed. Its destination is the queue: the default exchange has no name."""
    return {
        "messaging.system": "rabbitmq",
        "messaging.operation.type": operation,
        "messaging.operation.name": operation,
        "messaging.destination.name": queue,
        "messaging.rabbitmq.destination.routing_key": queue,
        "messaging.message.id": message_id,
        "messaging.message.conversation_id": request_id,
    }


def handled(delivery: Delivery, together: int, result: Result) -> Result:
    """A delivery that was processed, one of so many together, with that result."""
    message = delivery.message
    told = of_message("process", message.queue, message.message_id, message.correlation_id)
    told["messaging.rabbitmq.message.delivery_tag"] = delivery.tag
    told["tasklab.attempt"] = delivery.attempt
    told["tasklab.batch_size"] = together
    if delivery.redelivered:
        told["tasklab.redelivered"] = True
    return Result({**told, **result.attributes}, result.error)


def judged(verdict: Verdict) -> Result:
    """The verdict on a delivery: one that is not stored has failed, whatever follows."""
    kind = type(verdict).__name__.lower()
    told: Attributes = {"tasklab.verdict": kind}
    if isinstance(verdict, Dead | Again):
        return Result({**told, "error.type": kind}, verdict.reason[:MOST_LETTERS])
    return Result(told)


def operation_name(operation: str) -> str:
    """The span of an operation of the store."""
    return f"{COMMANDS.get(operation, operation)} {COLLECTION}"


def operation(operation: str, database: str, together: int) -> Attributes:
    """An operation of the store, on that many documents at once."""
    told: Attributes = {
        "db.system.name": "mongodb",
        "db.namespace": database,
        "db.collection.name": COLLECTION,
        "db.operation.name": COMMANDS.get(operation, operation),
    }
    return {**told, "db.operation.batch.size": together} if together > 1 else told


def ended(error: BaseException | None, place: int = 0) -> Result:
    """How something ended, by what it raised: for the document at that place, where some of many were refused."""
    if error is None:
        return FINE
    details = getattr(error, "details", None) or {}
    refused = {one["index"]: str(one.get("errmsg")) for one in details.get("writeErrors", ())}
    if refused and place not in refused:
        return FINE
    kind = type(error).__name__
    # The driver's own words would quote the document.
    return Result({"error.type": kind}, (refused.get(place) or str(error) or kind)[:MOST_LETTERS])
