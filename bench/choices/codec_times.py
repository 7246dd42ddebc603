"""How long a library takes for a message: ``python -m bench.choices.codec_times LIBRARY COUNT`` prints microseconds."""

import json
import os
import sys
import time
from collections.abc import Callable

from bench.choices.codecs import CODECS
from bench.fill import NOTES, TITLE
from core.clock import at
from core.ids import new_id
from core.task import Task

MICROSECONDS = 1e6
FIRST = 1_000
"""So many are not counted: the interpreter adapts its code to what it sees."""


def times(library: str, count: int) -> dict[str, float]:
    """Microseconds of a processor for each of ``count`` messages: to read and check it, and to write it."""
    codec, task = CODECS[library](), _a_task()
    body = codec.encode(task)
    return {"decode": _spent(lambda: codec.decode(body), count), "encode": _spent(lambda: codec.encode(task), count)}


def _spent(action: Callable[[], object], count: int) -> float:
    for _ in range(FIRST):
        action()
    started = time.process_time()
    for _ in range(count):
        action()
    return (time.process_time() - started) / count * MICROSECONDS


def _a_task() -> Task:
    """The one that fills queues, with both times, as it comes through nginx."""
    now = at(time.time())
    task_id = new_id(int(time.time() * 1000), os.urandom(10))
    return Task(
        id=task_id, title=TITLE, notes=NOTES, source="flask", host="bench", request_id=task_id, accepted=now, nginx=now
    )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(times(sys.argv[1], int(sys.argv[2]))) + "\n")
