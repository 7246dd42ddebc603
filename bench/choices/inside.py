"""Run a module as ``python -m`` would, with one choice of ours made otherwise before anything of it is imported.

``python -m bench.choices.inside batch=100 -- app.worker``. Also: ``prefetch=10``, or any other field of the limits;
``classic``; ``pymongo-async``; ``gevent``; ``all-processors``; ``unmeasured``.
"""

import runpy
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import fields
from functools import partial
from importlib import import_module
from typing import Any

import core.processors
import core.topology
from core.settings import LIMITS
from core.topology import Queue, Shard, Topology
from drills.inside.planting import Planting, keep_metrics_together, package_of

CLASSIC = {"x-dead-letter-exchange", "x-dead-letter-routing-key", "x-overflow", "x-message-ttl"}
"""What a classic queue understands of our arguments; RabbitMQ refuses it the others."""
FILL = "bench.fill"


class CannotChange(Exception):
    """A word that means no change; the message says why."""


def change(word: str) -> None:
    """Make one choice otherwise in this process; raises CannotChange."""
    name, is_limit, value = word.partition("=")
    if is_limit:
        set_limit(name, value)
    elif name in CHANGES:
        CHANGES[name]()
    else:
        raise CannotChange(f"nobody knows what {word!r} is; there are {', '.join(CHANGES)} and NAME=VALUE for a limit")


def set_limit(name: str, text: str) -> None:
    """Give a limit another value, in the object that every module has by name; raises CannotChange."""
    kinds = {field.name: type(getattr(LIMITS, field.name)) for field in fields(LIMITS)}
    if name not in kinds:
        raise CannotChange(f"there is no limit called {name!r}; there are {', '.join(kinds)}")
    try:
        value = kinds[name](text)
    except ValueError as error:
        raise CannotChange(f"{name}={text!r}: {error}") from error
    # It is frozen, so that no service changes it. Another object would be seen by nobody who has this one.
    object.__setattr__(LIMITS, name, value)


def as_classic(queues: Topology) -> Topology:
    """The same queues, of the classic type: durable, on one node, and dead-lettering without the broker's confirm."""

    def classic(queue: Queue) -> Queue:
        kept = {name: value for name, value in queue.arguments.items() if name in CLASSIC}
        return Queue(queue.name, {**kept, "x-queue-type": "classic"})

    shards = tuple(Shard(classic(one.work), tuple(map(classic, one.retries))) for one in queues.shards)
    return Topology(queues.name, shards, classic(queues.dead))


def _classic() -> None:
    ours = core.topology.topology
    core.topology.topology = lambda name, shards=1: as_classic(ours(name, shards))


def _pymongo_async() -> None:
    """Its client has the methods that our store calls. Only ``close`` is to be awaited there: the process ends."""
    motor = import_module("motor.motor_asyncio")
    motor.__dict__["AsyncIOMotorClient"] = import_module("pymongo").AsyncMongoClient


def _gevent() -> None:
    """Before the service is imported: a lock that it has got by then would block the whole process."""
    import_module("gevent.monkey").patch_all()


def _all_processors() -> None:
    """gunicorn's hooks run, and nothing comes of it."""
    core.processors.keep_to = lambda number: None


def _unmeasured() -> None:
    """Nothing is recorded for Prometheus: what would be is replaced by nothing, in the twin that the command runs."""
    words = sys.argv[sys.argv.index("--") + 1 :]
    if words[0] == FILL:
        return  # It fills the queue, and is no service.
    keep_metrics_together(words)
    planting = Planting(package_of(words))
    for place, nothing in unrecorded("gunicorn" in words).items():
        planting.change(place, partial(_replaced, nothing))


def unrecorded(is_api: bool) -> dict[str, Any]:
    """What stands in place of each name that only counts, in an API or in a worker."""
    both = {"metrics.Publishing": nullcontext, "metrics.storing": nullcontext}
    if is_api:
        return {**both, **{f"metrics.{name}": _nothing for name in ("answered", "confirmed", "note")}}
    return {**both, **{f"tally.{name}": _nothing for name in ("received", "settled", "dead")}}


def _replaced(nothing: Any, _: Any) -> Any:
    return nothing


def _nothing(*_: object) -> None:
    """What is left of a function that only counts."""


CHANGES: dict[str, Callable[[], None]] = {
    "classic": _classic,
    "pymongo-async": _pymongo_async,
    "gevent": _gevent,
    "all-processors": _all_processors,
    "unmeasured": _unmeasured,
}


def main() -> None:
    """Change what the words before ``--`` say, then become the module behind it."""
    behind = sys.argv.index("--") + 1
    for word in sys.argv[1 : behind - 1]:
        change(word)
    sys.argv[:] = sys.argv[behind:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
