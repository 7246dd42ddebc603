"""The questions, each with what we chose first and then its alternatives; ``docs/performance.md`` says more on each."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.choices.variants import Variant, served
from core.settings import LIMITS
from drills.sides import ASYNC, FLASK, SIDES

BATCHES = (LIMITS.batch, 1, 10, 100, 1000)
PREFETCHES = (LIMITS.prefetch, 10, 100)
MOST = 20_000
PER_STEP = 1_000
"""How many messages are drained for each that is handled together; at most as many as above."""
CLASSIC_QUEUE = "bench.choices.classic"


@dataclass(frozen=True)
class Question:
    """What could have been chosen otherwise; in each way of measuring ours comes first."""

    name: str
    posts: tuple[Variant, ...] = ()
    """Whose APIs are loaded."""
    drains: tuple[Variant, ...] = ()
    """Whose workers empty a queue."""
    axis: str = "workers"
    """What ``Variant.at`` counts."""
    codecs: Mapping[str, bool] = field(default_factory=dict)
    """Libraries for JSON, and whether each needs what the lab does not have."""
    note: str = ""
    """What a reader must know besides the figures."""


def _publisher(application: str) -> tuple[str, ...]:
    return served("app", application=f"bench.choices.flask_api:{application}()")


def _limited(limit: str, values: tuple[int, ...]) -> tuple[Variant, ...]:
    """Both twins with each value of a limit; its first is the one we have."""
    return tuple(
        Variant(side.name, side, inside=(f"{limit}={value}",), at=value, most=min(MOST, PER_STEP * value))
        for value in values
        for side in SIDES
    )


QUORUM = Variant("quorum", FLASK)
CLASSIC = Variant("classic", FLASK, inside=("classic",), queue=CLASSIC_QUEUE)

QUESTIONS = (
    Question(
        "Publisher thread or connection a thread",
        posts=(
            Variant("publisher thread", FLASK),
            Variant("connection a thread", FLASK, _publisher("a_thread")),
            Variant("connection a request", FLASK, _publisher("a_request")),
        ),
        note="pika's blocking connection waits for a confirm without a deadline, where ours answers after 3 seconds",
    ),
    Question(
        "gunicorn's worker",
        posts=(
            Variant("ours", FLASK),
            Variant("gthread", FLASK, served("app", "-k", "gthread"), inside=("all-processors",)),
            Variant("gevent", FLASK, served("app", "-k", "gevent"), inside=("gevent", "all-processors"), apart=True),
        ),
        note="with gunicorn's own workers it is chance how many connections each process gets: their figures vary",
    ),
    Question(
        "ASGI server",
        posts=(
            Variant("uvicorn worker", ASYNC),
            Variant("gunicorn asgi", ASYNC, served("asyncapp", "-k", "asgi")),
            Variant("hypercorn", ASYNC, ("bench.choices.on_hypercorn",)),
        ),
    ),
    Question("Batch size", drains=_limited("batch", BATCHES), axis="tasks a batch"),
    Question("Prefetch", drains=_limited("prefetch", PREFETCHES), axis="messages at hand"),
    Question("JSON library", codecs={"msgspec": False, "json": False, "orjson": True}),
    Question(
        "Quorum or classic queue",
        posts=(QUORUM, CLASSIC),
        drains=(QUORUM, CLASSIC),
        note="a classic queue promises less: no delivery limit, and dead letters that are moved without a confirm",
    ),
    Question(
        "motor or PyMongo Async",
        drains=(Variant("motor", ASYNC), Variant("PyMongo Async", ASYNC, inside=("pymongo-async",))),
    ),
)
