"""Whether several workers share the tasks, and whether producer and worker outlive a node of the broker.

What the workers ask of the database is held back, to see what a busy one keeps from the other. Nodes are lost at a
moment that is chosen by what was said: in the middle of a certain publish. The last step does it with a real cluster.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from lessons.kit import amqp, hops, wire
from lessons.kit.amqp import Relay, Said
from lessons.kit.cluster import Cluster, cluster
from lessons.kit.place import Place
from lessons.kit.program import Running, wait_until
from lessons.kit.steps import step
from lessons.kit.verdict import expect
from lessons.kit.waiting import settled, until

WORKER, PRODUCER = "worker.py", "producer.py"
SHARED = 8
MAY_HOLD = 2
"""One that is being done, and one that is ready for the moment after."""
FEW, MANY = 12, 24
BREAKS_AT = 5
BREAKS_AGAIN_AFTER = 3
KILLED_AT = 8
ASKED_IN_VAIN = 20
REFUSED_SO_OFTEN = 5
PATIENCE = 60.0
QUIET = 10.0
"""Where nothing has changed for so long, nothing will."""
NOT_FOUND = 404


def _stored(place: Place) -> int:
    return place.documents.count_documents({})


def _consumers(place: Place) -> int:
    return found.consumers if (found := place.look()) else 0


def _fill(place: Place, count: int) -> None:
    """Tasks for whoever consumes, by the student's own producer."""
    ended = place.finish(PRODUCER, place.word, str(count))
    expect(ended.code == 0, f"{PRODUCER} sends {count} tasks, and ends with 0", f"{ended.code}:\n{ended.last}")


@contextmanager
def _busy(place: Place) -> Iterator[Running]:
    """A worker that has tasks in front of it and is in the middle of the first one, for as long as the block lasts."""
    place.clean()
    over = Event()

    def before(command: wire.Command) -> None:
        if command.writes:
            over.wait(PATIENCE)
            raise ConnectionAbortedError  # Nothing is written afterwards, when another step may have begun.

    with wire.between(place, before) as slow, place.running(WORKER, MONGO_URI=slow.uri) as worker:
        try:
            wait_until(worker, lambda: _consumers(place), "the worker consumes", PATIENCE)
            _fill(place, SHARED)
            wait_until(worker, lambda: slow.commands, "the worker begins with a task", PATIENCE, hops.queue(place))
            yield worker
        finally:
            over.set()


@step("what a busy worker does not need at once is left to the others")
def shares(place: Place) -> None:
    """One is held up in its first task; a second one comes."""
    with _busy(place) as busy:
        nothing_left = (found := place.look()) is not None and not found.ready
        with _other(place) as other:
            wait_until(other, lambda: _consumers(place) == 2, "the second worker consumes", PATIENCE)
            enough = SHARED - MAY_HOLD
            done = settled(lambda: _stored(place), lambda stored: stored >= enough or nothing_left, QUIET)
            busy.must_run()
            other.must_run()
            hop = hops.queue(place)
    what = f"the second worker does at least {enough} of {SHARED} tasks while the first is busy with one"
    expect(done >= enough, what, f"it does {done}: the first one holds {SHARED - done} of them", hop)


@contextmanager
def _other(place: Place) -> Iterator[Running]:
    """A second worker; its log is another one."""
    other = Place(place.student, place.lesson, place.folder, place.scratch / "second", place.addresses, place.attempt)
    other.scratch.mkdir(parents=True, exist_ok=True)
    with other.running(WORKER) as running:
        yield running


@step("what a worker held when it was killed is done by another one")
def takes_over(place: Place) -> None:
    """kill -9 in the middle of a task."""
    with _busy(place) as busy, _other(place) as other:
        busy.kill()
        done = settled(lambda: _stored(place), lambda stored: stored >= SHARED, QUIET)
        other.must_run()
        hop = hops.queue(place)
    expect(done == SHARED, f"all {SHARED} tasks stored", f"{done} of them: the others were acknowledged before", hop)


@dataclass
class Nodes:
    """The ways to the broker's nodes, and what becomes of them at which word."""

    breaks_at: int
    cluster: Cluster | None = None
    relays: list[Relay] = field(default_factory=list)
    published: int = 0
    lost: list[int] = field(default_factory=list)
    confirmed: int = 0
    """Since the first was lost."""
    cuts: int = 0

    @property
    def hosts(self) -> str:
        """As RABBIT_HOSTS has them."""
        return ",".join(f"{one.host}:{one.port}" for one in self.relays)

    def hear(self, number: int, said: Said) -> None:
        """A hook: the first loss takes a publish with it that nobody has got; the second one takes a confirm."""
        if said.name == "Basic.Publish" and said.by_program:
            self.published += 1
            if self.published == self.breaks_at:
                self._lose(self._home() if self.cluster else number)
                raise ConnectionAbortedError
        if said.name == "Basic.Ack" and not said.by_program and self.lost:
            self.confirmed += 1
            if self.confirmed == BREAKS_AGAIN_AFTER:
                self.cuts += 1
                self.relays[number].cut()
                raise ConnectionAbortedError

    def _home(self) -> int:
        """The node at which the queue was declared first: that is where its leader is, or the only one that has it."""
        return next((number for number, one in enumerate(self.relays) if one.of("Queue.Declare")), 0)

    def _lose(self, number: int) -> None:
        if self.cluster:
            self.cluster.nodes[number].kill()
        self.lost.append(number)
        self.relays[number].close()

    def stuck(self) -> str:
        """Why nobody gets any further; empty where that is not to be seen."""
        lost = [self.relays[number] for number in self.lost]
        others = [one for one in self.relays if one not in lost]
        if any(one.refused >= ASKED_IN_VAIN for one in lost) and not any(one.of("Connection.Open") for one in others):
            return "only the node that is gone is asked, again and again: the others' addresses are not used"
        closed = [one.method for relay in others for one in relay.of("Channel.Close") if not one.by_program]
        gone = [one.reply_text for one in closed if one.reply_code == NOT_FOUND]
        return f"RabbitMQ says {NOT_FOUND} {gone[0]}" if self.lost and len(gone) >= REFUSED_SO_OFTEN else ""


@contextmanager
def _in_front_of(addresses: Sequence[tuple[str, int]], nodes: Nodes) -> Iterator[Nodes]:
    with ExitStack() as end:
        for number, (host, port) in enumerate(addresses):

            def hook(said: Said, number: int = number) -> None:
                nodes.hear(number, said)

            nodes.relays.append(end.enter_context(amqp.relay(host, port, hook)))
        yield nodes


def _account(place: Place, nodes: Nodes, producer: Running, worker: Running, count: int) -> None:
    """Every task is confirmed and stored, once; NotYet as soon as one sees that this will not come."""
    until(lambda: not producer.runs or not worker.runs or nodes.stuck(), PATIENCE)
    worker.must_run()
    expect(not nodes.stuck(), "both programs go on with another node", nodes.stuck())
    ended = producer.process.poll()
    expect(ended == 0, f"{PRODUCER} ends with 0 when all is confirmed", f"{_ending(ended)}:\n{producer.last}")
    expect(nodes.lost, f"{count} tasks published", f"{nodes.published}:\n{producer.last}")
    ids = {f"{place.word}-{number}" for number in range(count)}
    said = [line.removeprefix("confirmed ") for line in producer.said().splitlines() if line.startswith("confirmed ")]
    settled(lambda: _stored(place), lambda stored: stored >= count or not worker.runs, QUIET)
    worker.must_run()
    found: list[Any] = place.documents.distinct("_id")
    lost = sorted(ids - set(found))
    seen = f"offered {count}, confirmed {len(set(said) & ids)}, stored {len(found)}, lost {len(lost)}: {lost[:3]}"
    expect(not lost and len(found) == count, f"offered {count}, stored {count}, lost 0", seen)
    expect(ids <= set(said), f"{PRODUCER} prints confirmed for each", seen)


def _ending(code: int | None) -> str:
    return "it still runs" if code is None else f"it ends with {code}"


@step("where a node breaks off, both programs go on with another, and what was not confirmed is sent again")
def goes_on(place: Place) -> None:
    """Two ways to the lab's broker: one breaks in the middle of a publish, the other before a confirm."""
    place.clean()
    own = place.environ
    address = (own["RABBIT_HOST"], int(own["RABBIT_PORT"]))
    with (
        _in_front_of([address, address], Nodes(BREAKS_AT)) as nodes,
        place.running(WORKER, RABBIT_HOSTS=nodes.hosts) as worker,
    ):
        _wait_for_worker(worker, nodes)
        with place.running(PRODUCER, place.word, str(FEW), RABBIT_HOSTS=nodes.hosts) as producer:
            _account(place, nodes, producer, worker, FEW)
    expect(nodes.cuts, "the producer meets both breaks", "it has met one")


def _wait_for_worker(worker: Running, nodes: Nodes) -> None:
    """Until it consumes."""
    wait_until(worker, lambda: any(one.of("Basic.ConsumeOk") for one in nodes.relays), "the worker consumes", PATIENCE)


@step("a cluster of three loses the node that leads the queue, and no task with it")
def survives(place: Place) -> None:
    """kill -9 of a real node, with tasks in the queue."""
    place.clean()
    own, opens = place.environ, Event()

    def before(command: wire.Command) -> None:
        if command.writes:
            opens.wait(PATIENCE)

    with (
        cluster(place.scratch, own["RABBIT_USER"], own["RABBIT_PASSWORD"]) as made,
        _in_front_of([("127.0.0.1", node.port) for node in made.nodes], Nodes(KILLED_AT, made)) as nodes,
        wire.between(place, before) as slow,
        place.running(WORKER, RABBIT_HOSTS=nodes.hosts, MONGO_URI=slow.uri) as worker,
    ):
        try:
            _wait_for_worker(worker, nodes)
            with place.running(PRODUCER, place.word, str(MANY), RABBIT_HOSTS=nodes.hosts) as producer:
                until(lambda: nodes.lost or not producer.runs, PATIENCE)
                opens.set()
                _account(place, nodes, producer, worker, MANY)
        finally:
            opens.set()
