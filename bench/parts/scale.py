"""What one task costs, part by part, and what becomes of the rate when the queue is cut into shards."""

from dataclasses import replace

from bench import flow, wrk
from bench.book import Bench, Point
from bench.candidates import Ours
from bench.choices.variants import Running, Variant
from bench.counting import tasks, wait_until_stored
from bench.fill import message
from bench.meters import exchanged, metered, stored
from bench.parts.drain import drain, put_back
from bench.parts.http import BODY
from bench.usage import cpu
from core.settings import Settings
from core.task import Work
from core.topology import topology
from drills.sides import FLASK, SIDES

PART = "scale"
COST = "one task"
FLOW = "through the broker"
DRAIN = "drain"
PUBLISHED, CONSUMED = "published", "consumed"
SHARDS = (1, 2, 4, 8)
MESSAGES = 20_000
CONNECTIONS = 32
WITHIN = 300.0
MICROSECONDS = 1e6


def measure(bench: Bench) -> None:
    """Each twin under load; then 1, 2, 4 and 8 shards in turn, without and with our worker."""
    (exchange,) = topology(PART, max(SHARDS)).exchanges
    bench.stage.enable(exchange.plugin)
    for _ in bench.rounds():
        for side in SIDES:
            _cost(bench, Ours(bench.stage, side))
        for shards in SHARDS:
            _flow(bench, shards)
        for shards in SHARDS:
            _drain(bench, shards)
    put_back(bench)


def _cost(bench: Bench, one: Ours) -> None:
    """Requests while the worker works, until nothing is left waiting: what that took, for each of them."""
    point = Point(PART, COST, one.name)
    done: list[int] = []
    with (
        tasks(bench.stage.database) as collection,
        metered(bench, one, point, done),
        bench.costs(point, one.processes(), lambda: sum(done)),
    ):
        base = collection.estimated_document_count()
        done.append(wrk.post(one.url, CONNECTIONS, bench.wish.seconds, BODY).requests)
        wait_until_stored(collection, base, sum(done), WITHIN)
    stored(bench, point)
    for name, size in zip(("request", "answer"), exchanged(one, BODY), strict=True):
        bench.book.put(point, name, "bytes", size)
    bench.tell(f"{COST}, {one.name}: {sum(done):,} of them")


def _settings(bench: Bench, shards: int) -> Settings:
    return replace(bench.stage.lab.settings, rabbit_queue=_queue(FLOW, shards), queue_shards=shards)


def _queue(case: str, shards: int) -> str:
    return f"bench.{case.replace(' ', '-')}.over-{shards}"


def _flow(bench: Bench, shards: int) -> None:
    """The broker and one client at a time: first everything in, then everything out."""
    settings, count = _settings(bench, shards), bench.wish.sized(MESSAGES)
    messages = [message(FLASK.name, Work(), settings.rabbit_queue) for _ in range(count)]
    broker = {"rabbitmq": bench.stage.pids("rabbitmq")}
    url = bench.stage.broker.amqp
    for what in (PUBLISHED, CONSUMED):
        before = cpu(broker)["rabbitmq"]
        seconds = flow.publish(settings, messages) if what == PUBLISHED else flow.consume(settings, url, count)
        point = Point(PART, FLOW, what, shards, "shards")
        bench.book.put(point, "messages/s", "1/s", count / seconds)
        bench.book.put(point, "the broker's processor", "µs", (cpu(broker)["rabbitmq"] - before) / count * MICROSECONDS)
        bench.tell(f"{FLOW}, {shards} shards: {count / seconds:,.0f}/s {what}")


def _drain(bench: Bench, shards: int) -> None:
    """One worker of ours, which consumes all of them."""
    environ = {"QUEUE_SHARDS": str(shards)}
    one = Running(bench.stage, Variant(FLASK.worker, FLASK, queue=_queue(DRAIN, shards), environ=environ))
    point = Point(PART, DRAIN, FLASK.worker, shards, "shards")
    drained = drain(bench, one, bench.wish.sized(MESSAGES), 1, point)
    bench.tell(f"{DRAIN}, {shards} shards: {drained.rate:,.0f}/s")
