"""Whether worker.py tries again later, not for ever, without holding up others, and loses nothing meanwhile.

The database refuses some tasks, because of a validator. What the worker says to RabbitMQ is noted on the way, so that
waits are read from the messages themselves, and what comes before what is known without a clock.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from core.letters import why
from lessons.kit import amqp, hops, wire
from lessons.kit.amqp import Said
from lessons.kit.place import QUORUM, Document, Place
from lessons.kit.program import Running
from lessons.kit.steps import step
from lessons.kit.verdict import expect
from lessons.kit.waiting import until

FILE = "worker.py"
UNLUCKY = "unlucky"
BASE_MS, CAP_MS, MOST = 100, 400, 5
LONG_MS = 60_000
"""Nobody waits for this one in a check."""
NEIGHBOURS = 5
MANY = 6
PATIENCE = 40.0
SOON = 15.0
"""What waits for nothing is long done by then, also on a busy computer."""
HELD = 1.0
"""A confirm is held back for so long, unless the worker goes on before."""
PERSISTENT = 2
POISON = (b"Water the plants", b'{"title": "no id"}', b'{"id": "x", "title": 5}')


def _task(place: Place, name: str) -> Document:
    return {"id": f"{place.word}-{name}", "title": f"{place.word} {name}"}


def _unlucky(place: Place, count: int = 1) -> list[Document]:
    return [_task(place, f"{UNLUCKY}-{number}") for number in range(count)]


def _lucky(place: Place) -> list[Document]:
    return [_task(place, str(number)) for number in range(NEIGHBOURS)]


def _body(task: Document) -> bytes:
    return json.dumps(task).encode()


def _begin(place: Place, bodies: Sequence[bytes]) -> None:
    """Both queues, with these messages in the first; and a collection that refuses unlucky titles."""
    place.clean()
    refuses = {"title": {"$not": {"$regex": UNLUCKY}}}
    place.documents.database.create_collection(place.name, validator=refuses)
    with place.channel() as channel:
        for queue in (f"{place.queue}.dead", place.queue):
            channel.queue_declare(queue, durable=True, arguments=QUORUM)
        channel.confirm_delivery()
        for number, body in enumerate(bodies):
            channel.basic_publish("", place.queue, body, amqp.persistent(f"{place.word}-{number}"))


def begin(place: Place) -> None:
    """Tasks, one that the database refuses, and something that is no task."""
    first, *others = [*_unlucky(place), *_lucky(place)]
    _begin(place, [_body(first), POISON[0], *map(_body, others)])


def end(place: Place) -> None:
    """All but two are stored; these are among the dead letters."""
    begin(place)
    with _working(place) as worker:
        worker.until(lambda: worker.dead() == 2, "two dead letters")


@dataclass
class Worker:
    """The student's worker, with somebody who listens on both sides."""

    place: Place
    running: Running
    relay: amqp.Relay
    wire: wire.Wire

    def until(self, look: Callable[[], object], expected: str, seconds: float = PATIENCE) -> None:
        """NotYet where the worker ends, holds messages up in a way that no queue knows of, or the time is over."""
        found = until(lambda: not self.running.runs or self.impatient() or look(), seconds)
        self.running.must_run()
        expect(
            not self.impatient(),
            "a message that failed waits in a queue of its own, or is a dead letter",
            self.impatient(),
            self.hop,
        )
        expect(found, expected, f"not within {seconds:g} s; the worker's log:\n{self.running.last}", self.hop)

    @property
    def hop(self) -> str:
        """Its queues, as they are now."""
        return "; ".join(hops.queue(self.place, name) for name in self.place.queues())

    def attempts(self, task: Document) -> int:
        """How often it has asked the database to store the task."""
        return sum(f"'{task['id']}'" in repr(one.body) for one in self.wire.commands if one.writes)

    def stored(self, tasks: Sequence[Document]) -> bool:
        """Whether all of them are."""
        found = {one["_id"] for one in self.place.documents.find({}, {"_id": 1})}
        return found >= {task["id"] for task in tasks}

    def dead(self) -> int:
        """How many dead letters there are."""
        found = self.place.look(f"{self.place.queue}.dead")
        return found.ready if found else 0

    def impatient(self) -> str:
        """How it gives a message back without having it wait; empty where it does not."""
        back = [one for one in self.relay.of("Basic.Reject", "Basic.Nack") if one.by_program and one.method.requeue]
        if back:
            return f"{back[0].name} with requeue: it comes again at once, and again, as fast as the worker can"
        gone = [one for one in self.relay.of("Basic.Reject", "Basic.Nack") if one.by_program]
        if gone:
            return f"{gone[0].name} without requeue: its queue has no dead-letter exchange, so the message is gone"
        straight = [one for one in self.relay.of("Basic.Publish") if self.target(one) == self.place.queue]
        return "it is published to the work queue itself, where nothing waits" if straight else ""

    def target(self, publish: Said) -> str:
        """The queue that a message goes to."""
        method = publish.method
        bound = {(one.method.exchange, one.method.routing_key): one.method.queue for one in self.relay.of("Queue.Bind")}
        return str(bound.get((method.exchange, method.routing_key), "") if method.exchange else method.routing_key)

    def moves(self, body: bytes) -> list[Said]:
        """Each time that the worker has published this message, but to the dead letters."""
        found = [one for one in self.relay.of("Basic.Publish") if one.body == body]
        return [one for one in found if self.target(one) != f"{self.place.queue}.dead"]

    def wait(self, publish: Said) -> int:
        """For how many milliseconds a message waits where it was published to; 0: for ever."""
        own = int(publish.properties.expiration or 0)
        limits = {one.method.queue: one.method.arguments or {} for one in self.relay.of("Queue.Declare")}
        queues = int(limits.get(self.target(publish), {}).get("x-message-ttl", 0))
        return min(filter(None, (own, queues)), default=0)


@contextmanager
def _working(
    place: Place, before: Callable[[wire.Command], None] | None = None, hold: bool = False, **told: int
) -> Iterator[Worker]:
    """The worker runs while the block lasts."""
    noted: list[amqp.Relay] = []

    def hook(said: Said) -> None:
        if hold and said.name == "Basic.Ack" and not said.by_program:
            until(lambda: any(one.by_program for one in noted[0].of("Basic.Ack")), HELD)

    own = place.environ
    limits = {"BASE_MS": BASE_MS, "CAP_MS": CAP_MS, "MOST_ATTEMPTS": MOST, **told}
    with (
        amqp.relay(own["RABBIT_HOST"], int(own["RABBIT_PORT"]), hook) as relay,
        wire.between(place, before or (lambda _: None)) as database,
    ):
        noted.append(relay)
        environ = {"RABBIT_HOST": relay.host, "RABBIT_PORT": str(relay.port), "MONGO_URI": database.uri}
        texts = {name: str(value) for name, value in limits.items()}
        with place.running(FILE, **environ, **texts) as running:
            yield Worker(place, running, relay, database)


@step("what the database refuses now is tried again later, and stored in the end")
def tries_again(place: Place) -> None:
    """Two attempts fail, the third does not."""
    (task,) = _unlucky(place)
    everything = [*_lucky(place)[:2], task, *_lucky(place)[2:]]
    _begin(place, [_body(one) for one in everything])
    asked: list[str] = []

    def mends(command: wire.Command) -> None:
        if command.writes and f"'{task['id']}'" in repr(command.body):
            asked.append(command.name)
            if len(asked) == 3:
                place.documents.database.command("collMod", place.name, validator={})

    with _working(place, mends) as worker:
        worker.until(lambda: worker.stored(everything), "every task stored, one of them at the third attempt")
        times, waits = worker.attempts(task), len(worker.moves(_body(task)))
        count = place.documents.count_documents({})
    seen = f"{times} attempts, and {waits} waits in a queue"
    expect((times, waits) == (3, 2), "three attempts, and in between the message waits in a queue", seen)
    expect(count == len(everything), "each stored once", hops.collection(place))


@step("the waits grow, have a cap, and differ a little by chance")
def backs_off(place: Place) -> None:
    """Read from what the messages and queues say, not from a clock."""
    tasks = _unlucky(place, MANY)
    _begin(place, [_body(task) for task in tasks])
    with _working(place) as worker:
        worker.until(lambda: all(len(worker.moves(_body(task))) >= MOST - 1 for task in tasks), "four waits each")
        waits = [[worker.wait(one) for one in worker.moves(_body(task))][: MOST - 1] for task in tasks]
    for number, together in enumerate(zip(*waits, strict=True), start=1):
        longest = min(CAP_MS, BASE_MS * 2 ** (number - 1))
        seen = f"one that waits {', '.join(map(str, waits[0]))} ms (0: for ever)"
        what = f"after attempt {number} a wait of {longest // 2} to {longest} ms (BASE_MS {BASE_MS}, CAP_MS {CAP_MS})"
        expect(all(longest // 2 <= one <= longest for one in together), what, seen)
    differ = any(len(set(together)) > 1 for together in zip(*waits, strict=True))
    what = "waits that differ by chance, so that what failed together does not come back together"
    expect(differ, what, f"{MANY} messages that wait {', '.join(map(str, waits[0]))} ms, all of them")


@step("after the last attempt it is a dead letter, with the reason and the number of attempts")
def gives_up(place: Place) -> None:
    """And nowhere else any more."""
    (task,) = _unlucky(place)
    _begin(place, [_body(task)])
    most = place.random.randint(3, 4)
    with _working(place, BASE_MS=20, CAP_MS=40, MOST_ATTEMPTS=most) as worker:
        worker.until(lambda: worker.dead() or worker.attempts(task) > most, "a dead letter in the end")
        times = worker.attempts(task)
        expect(times == most, f"{most} attempts (MOST_ATTEMPTS), and no more", f"{times} attempts", worker.hop)
        left = until(lambda: (found := place.look()) and not found.ready, PATIENCE)
        expect(left and worker.dead() == 1, "one dead letter, and nothing left in the queue", worker.hop)
    _must_tell(place, _body(task), most)


def _must_tell(place: Place, body: bytes, attempts: int) -> None:
    """The dead letter with this body is as it came, and says why it is there as ``./lab dead list`` reads it."""
    _, properties, found = _letters(place)[0]
    headers = properties.headers or {}
    told = why(headers)
    whole = found == body and properties.delivery_mode == PERSISTENT and properties.message_id
    seen = f"mode {properties.delivery_mode}, message_id {properties.message_id}, body {found!r}"
    expect(whole, "a dead letter as it came: its body, its message_id, persistent", seen)
    as_read = f"reason: {told.reason}; attempts: {told.attempts}; died: {told.when or '–'}; headers: {sorted(headers)}"
    good = isinstance(headers.get("reason"), str) and headers["reason"] and told.when and told.attempts == attempts
    expect(good, f"headers reason, attempt ({attempts}) and dead-at, as ./lab dead list reads them", as_read)


def _letters(place: Place) -> list[tuple[Any, Any, bytes]]:
    """What is among the dead letters; it stays there."""
    with place.channel() as channel:
        dead = f"{place.queue}.dead"
        count = channel.queue_declare(dead, passive=True).method.message_count
        return [channel.basic_get(dead) for _ in range(count)]


@step("what is no task is a dead letter at once: no attempt can help it")
def buries_poison(place: Place) -> None:
    """Undecodable, or another schema; its neighbours are stored."""
    lucky = _lucky(place)
    _begin(place, [*POISON, *map(_body, lucky)])
    with _working(place) as worker:

        def repeated() -> list[bytes]:
            return [body for body in POISON if worker.moves(body)]

        what = f"{len(POISON)} dead letters, and every task stored"
        worker.until(lambda: repeated() or (worker.dead() == len(POISON) and worker.stored(lucky)), what)
        seen = f"it is tried again: {b', '.join(repeated()).decode()}"
        expect(not repeated(), "what is no task goes to the dead letters at its first attempt", seen, worker.hop)
    reasons = [why(properties.headers).reason for _, properties, _ in _letters(place)]
    silent = [
        properties.headers for _, properties, _ in _letters(place) if not (properties.headers or {}).get("reason")
    ]
    expect(not silent, "each with its reason in the header reason", f"reasons: {reasons}")


@step("meanwhile nobody else waits, and what waits outlives the worker")
def holds_nobody_up(place: Place) -> None:
    """The wait is in the broker: neither in the worker's time nor in its memory."""
    (task,), lucky = _unlucky(place), _lucky(place)
    _begin(place, [_body(task), *map(_body, lucky)])
    with _working(place, BASE_MS=LONG_MS, CAP_MS=LONG_MS) as worker:
        what = "the others stored while one waits for a minute"
        worker.until(lambda: worker.stored(lucky), what, SOON)
        worker.until(lambda: worker.moves(_body(task)), "the one that failed published to where it waits")
        worker.running.kill()
        kept = until(lambda: _waiting(place) == 1, SOON)
        expect(kept, "the message waits in a queue, also after kill -9 of the worker", worker.hop, worker.hop)


def _waiting(place: Place) -> int:
    """How many messages are in queues that are neither for work nor for the dead."""
    others = [name for name in place.queues() if name not in {place.queue, f"{place.queue}.dead"}]
    return sum(found.ready for name in others if (found := place.look(name)))


@step("it is acknowledged only when the broker has confirmed the one that waits")
def confirms_first(place: Place) -> None:
    """In between, it is nowhere else."""
    (task,) = _unlucky(place)
    _begin(place, [_body(task)])
    with _working(place, hold=True) as worker:
        worker.until(lambda: [one for one in worker.relay.of("Basic.Ack") if one.by_program], "an acknowledgement")
        order = [_what(one) for one in worker.relay.of("Basic.Publish", "Basic.Ack")]
    seen = f"{', '.join(order[:3])}: a crash in between loses the task"
    expect(order[:3] == ["published", "confirmed", "acknowledged"], "published, confirmed, acknowledged", seen)


def _what(said: Said) -> str:
    if said.name == "Basic.Publish":
        return "published"
    return "acknowledged" if said.by_program else "confirmed"
