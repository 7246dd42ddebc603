"""Problem documents: what every error of the HTTP contract looks like (RFC 9457)."""

from dataclasses import dataclass, field
from http import HTTPStatus

from core.errors import (
    BodyTooLarge,
    BrokerUnavailable,
    InvalidRequest,
    InvalidTask,
    KeyReused,
    LabError,
    PublishRefused,
    PublishUnconfirmed,
    StoreUnavailable,
    UnsupportedBody,
)
from core.settings import LIMITS

CONTENT_TYPE = "application/problem+json"


# Renamed by RFC 9110; which name Python knows depends on its version.
_RENAMED = {413: "Content Too Large", 422: "Unprocessable Content"}


def phrase(status: int) -> str:
    """An HTTP status in words."""
    return _RENAMED.get(status) or HTTPStatus(status).phrase


@dataclass(frozen=True)
class Problem:
    """What went wrong with a request, and what to do next."""

    status: int
    detail: str
    missing: tuple[str, ...] = ()
    """The parts that a service cannot do without and that do not answer."""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The status in words, so that equal problems have equal titles."""
        return phrase(self.status)


def unavailable(detail: str, *missing: str) -> Problem:
    """503: try again in a moment."""
    return Problem(503, detail, missing, {"Retry-After": str(LIMITS.retry_after)})


def problem_of(error: LabError) -> Problem:
    """The problem document for an error: what it means for the task that the client holds in its hand."""
    match error:
        case InvalidTask():
            return Problem(422, f"This body is no task: {error}. Correct it; nothing was queued.")
        case InvalidRequest():
            return Problem(400, f"{error}. Correct it; nothing was queued.")
        case KeyReused():
            return Problem(422, f"{error}. Nothing was queued: use a new Idempotency-Key for another task.")
        case UnsupportedBody():
            return problem_of_status(415)
        case BodyTooLarge():
            return problem_of_status(413)
        case BrokerUnavailable() | PublishRefused():
            return unavailable(f"{error}. Nothing was queued: send the task again in a moment.", "broker")
        case PublishUnconfirmed():
            return unavailable(
                f"{error}. The task may be queued or not: send it again with the same Idempotency-Key.", "broker"
            )
        case StoreUnavailable():
            return unavailable(f"{error}. Tasks already accepted wait safely; ask again in a moment.", "store")
    return Problem(500, "Something unforeseen happened in the API; its log names this request_id.")


_EXPLAINED = {
    400: "The request could not be understood.",
    404: "There is nothing at this address. GET /openapi.yaml lists what there is.",
    405: "This address does not take that method; the Allow header lists those it takes.",
    408: "The request's body did not arrive in time.",
    413: "The body is larger than 64 KiB.",
    415: "Send the task as JSON, with the header Content-Type: application/json.",
}


def problem_of_status(status: int, headers: dict[str, str] | None = None) -> Problem:
    """The problem document for an HTTP error that the framework found."""
    known = status if 400 <= status < 600 and status in set(HTTPStatus) else 500
    unforeseen = "Something unforeseen happened in the API; its log names this request_id."
    return Problem(known, _EXPLAINED.get(known, unforeseen), headers=headers or {})
