"""What each peer keeps of the lab's promises as it is set up here, by documentation and source of these versions."""

from collections.abc import Mapping

QUORUM = "durable quorum queue"
PERSISTENT = "persistent"
CONFIRMED = "confirmed before 202"
LATE = "acknowledged after the write"
AGAIN = "failed write is tried again"
ONCE = "stored once"
PROMISES = (QUORUM, PERSISTENT, CONFIRMED, LATE, AGAIN, ONCE)
"""In the order of a task's way. The last is kept by the task's id, whichever library delivers it."""
YES = "yes"


def _except(limits: Mapping[str, str]) -> Mapping[str, str]:
    return {promise: limits.get(promise, YES) for promise in PROMISES}


_UNROUTED = "yes, but 202 also for what no queue takes"

CELERY = _except(
    {
        CONFIRMED: f"{_UNROUTED}: Celery has no mandatory publish",
        AGAIN: "yes, after a pause; but a retry that the broker does not take is dropped",
    }
)
BATCHES = _except(
    {
        CONFIRMED: CELERY[CONFIRMED],
        AGAIN: "only because this peer publishes a failed batch anew: celery-batches acknowledges it like any other",
    }
)
DRAMATIQ = _except(
    {
        QUORUM: "only with a private method overridden: its queues are classic, and its dead letters stay in one",
        AGAIN: "yes, after a pause; but a message whose retry the broker does not take is acknowledged all the same",
    }
)
FASTSTREAM = _except({AGAIN: "yes, but without a pause: the message goes back to the queue at once"})
TASKIQ = _except(
    {
        CONFIRMED: f"{_UNROUTED}: aio-pika gives it back, and taskiq does not look",
        AGAIN: "yes, after a pause, by publishing it anew",
    }
)
NAIVE = _except({AGAIN: "only when somebody starts the worker again: an error ends it"})
