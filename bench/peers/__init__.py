"""The same job done with other libraries, so that ours can be compared with them: what to run, and what each promises.

Nothing here imports those libraries: they live in an environment of their own, see ``requirements.txt``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.peers.guarantees import BATCHES, CELERY, DRAMATIQ, FASTSTREAM, NAIVE, TASKIQ

GTHREAD = "app.server.DrainingWorker"
UVICORN = "asyncapp.server.DrainingWorker"
GEVENT = "gevent"
"""Serves every Flask peer too, in place of our worker with request threads."""


@dataclass(frozen=True)
class Api:
    """An API that gunicorn serves."""

    api: tuple[str, ...]
    """What follows ``python -m``."""
    kind: str
    """gunicorn's class of worker, for PEER_KIND."""


@dataclass(frozen=True)
class Peer:
    """A library's producer and worker. Its queue is called ``bench.`` and its name, and told to it as RABBIT_QUEUE."""

    name: str
    twin: str
    """Which of ours it is compared with: flask or async."""
    title: str
    """What people call it."""
    api: tuple[str, ...]
    """Its API, what follows ``python -m``."""
    worker: tuple[str, ...]
    """Its worker, likewise."""
    fill: tuple[str, ...]
    """What puts N messages into its queue through the library itself, likewise; N is the last word."""
    kind: str
    """gunicorn's class of worker, for PEER_KIND."""
    guarantees: Mapping[str, str]
    """What is kept of each promise of ours: yes, or what is not."""


def _served(application: str) -> tuple[str, ...]:
    return ("gunicorn", "-c", "bench/peers/gunicorn.conf.py", f"bench.peers.{application}")


def _celery(module: str, *pool: str) -> tuple[str, ...]:
    """Without what Celery says to other workers: there are none to hear it."""
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=WARNING")
    return ("celery", "-A", f"bench.peers.flask_celery.{module}", "worker", *pool, *quiet)


CELERY_API = _served("flask_celery.api:create_app()")
CELERY_FILL = ("bench.peers.flask_celery.fill",)
NAIVE_API = _served("naive.api:create_app()")
NAIVE_WORKER, NAIVE_FILL = "bench.peers.naive.worker", ("bench.peers.naive.fill",)

PEERS: tuple[Peer, ...] = (
    Peer(
        "celery",
        "flask",
        "Flask + Celery, prefork",
        CELERY_API,
        # A process for each of two processors, Celery's default. Its documentation: 64 or 128 for short tasks.
        _celery("tasks", "--pool=prefork", "--concurrency=2", "--prefetch-multiplier=64"),
        CELERY_FILL,
        GTHREAD,
        CELERY,
    ),
    Peer(
        "celery-threads",
        "flask",
        "Flask + Celery, threads",
        CELERY_API,
        # As many messages at hand as with prefork.
        _celery("tasks", "--pool=threads", "--concurrency=16", "--prefetch-multiplier=8"),
        CELERY_FILL,
        GTHREAD,
        CELERY,
    ),
    Peer(
        "dramatiq",
        "flask",
        "Flask + Dramatiq",
        _served("flask_dramatiq.api:create_app()"),
        # Eight threads are Dramatiq's default; it prefetches two messages for each.
        ("dramatiq", "bench.peers.flask_dramatiq.tasks:worker", "--processes", "1", "--threads", "8"),
        ("bench.peers.flask_dramatiq.fill",),
        GTHREAD,
        DRAMATIQ,
    ),
    Peer(
        "faststream",
        "async",
        "Quart + FastStream",
        _served("quart_faststream.api:create_app()"),
        ("faststream", "run", "--factory", "bench.peers.quart_faststream.broker:worker"),
        ("bench.peers.quart_faststream.fill",),
        UVICORN,
        FASTSTREAM,
    ),
    Peer(
        "taskiq",
        "async",
        "Quart + taskiq",
        _served("quart_taskiq.api:create_app()"),
        # Acknowledged when the task has run: there is no result to save first, which is the default.
        (
            *("taskiq", "worker", "bench.peers.quart_taskiq.tasks:worker", "--workers", "1"),
            *("--max-async-tasks", "100", "--ack-type", "when_executed", "--log-level", "WARNING"),
        ),
        ("bench.peers.quart_taskiq.fill",),
        UVICORN,
        TASKIQ,
    ),
    # Tutorials prefetch one message, so that workers share the work evenly.
    Peer("naive", "flask", "Flask + pika as in tutorials", NAIVE_API, (NAIVE_WORKER, "1"), NAIVE_FILL, GTHREAD, NAIVE),
    Peer(
        "naive-prefetch",
        "flask",
        "the same, prefetch 100",
        NAIVE_API,
        (NAIVE_WORKER, "100"),
        NAIVE_FILL,
        GTHREAD,
        NAIVE,
    ),
    Peer(
        "celery-batches",
        "flask",
        "Flask + Celery, celery-batches",
        CELERY_API,
        # Two batches of 500 at hand: with fewer messages than a batch takes, each would wait for its flush.
        _celery("batches", "--pool=threads", "--concurrency=2", "--prefetch-multiplier=500"),
        CELERY_FILL,
        GTHREAD,
        BATCHES,
    ),
)

EMPTY: Mapping[str, Api] = {
    "flask": Api(_served("empty:flask_app()"), GTHREAD),
    "async": Api(_served("empty:quart_app()"), UVICORN),
}
"""Handlers that do nothing, on the same servers; the lab's own environment has all they need."""
