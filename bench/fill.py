"""Puts a backlog into a work queue, around the APIs: ``python -m bench.fill COUNT SOURCE [IO_MS [CPU_MS]]``.

The messages are those that a producer publishes, each with an id of its own; where, the environment says. It also says
which share of them is traced, as by the API that they did not come from.
"""

import os
import random
import sys
import time

from core.clock import at
from core.ids import new_id
from core.message import Message, encode
from core.settings import Settings, read
from core.task import Task, Work
from core.traces import HEADER

TITLE = "Buy milk and bread #shop"
NOTES = "Two litres of the fresh one, and a loaf for Saturday. #today #home"
TRACED = "BENCH_TRACED"
TOGETHER = 1_000
"""So many wait for the broker's confirm at once."""


def message(source: str, work: Work, queue: str) -> Message:
    """One more message."""
    now = time.time()
    task_id = new_id(int(now * 1000), os.urandom(10))
    is_traced = random.random() < float(os.environ.get(TRACED, "0"))
    return encode(
        Task(
            id=task_id,
            title=TITLE,
            notes=NOTES,
            work=work,
            source=source,
            host="bench",
            request_id=task_id,
            accepted=at(now),
        ),
        queue,
        {HEADER: f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"} if is_traced else {},
    )


def fill(settings: Settings, count: int, source: str, work: Work) -> None:
    """Returns when the broker has confirmed that many more messages in its work queue; raises where it has not.

    Without confirms a quorum queue loses some of them when the connection is closed at once.
    """
    # The peers read the words above in an environment that need not hold what our services import.
    from app.publisher import Publisher

    publisher = Publisher(settings, "fill")
    publisher.start()
    publisher.first_try()
    for done in range(0, count, TOGETHER):
        messages = [message(source, work, settings.rabbit_queue) for _ in range(min(TOGETHER, count - done))]
        for error in filter(None, publisher.publish_all(messages)):
            raise error
    publisher.close()


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[3:]]
    fill(read(os.environ), int(sys.argv[1]), sys.argv[2], Work(*numbers))
