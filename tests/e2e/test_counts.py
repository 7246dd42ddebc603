"""What a known load costs, in steps that can be counted: commands, frames and writes, whatever the machine's speed.

Each program runs its load once, with relays between it and its servers; the tests look at what the relays have seen.
"""

from collections import Counter
from dataclasses import dataclass
from threading import Event

import httpx
import pytest

from core.documents import INDEXES
from core.settings import LIMITS
from tests.support.api import http_client
from tests.support.between import Between, relays
from tests.support.place import place
from tests.support.programs import api, worker
from tests.support.relay import Seen
from tests.support.stack import Stack
from tests.support.waiting import wait_until

PACKAGES = ("app", "asyncapp")
WITHIN = 30.0

WAITING = LIMITS.first_prefetch + LIMITS.prefetch
"""As many as a worker holds while its first insert is not answered: its batches are then not a matter of speed."""
START = 3
"""So many inserts more: the first task is one of its own, and a last piece may arrive after the answer."""
SET_UP = 40
"""A worker writes some 28 times to open, to declare, to subscribe twice and to close; the others are for heartbeats."""
WATCHING = {"ismaster": 3, "hello": 8}
"""The first message of each connection, and the driver's look every 10 seconds whether the database is well."""
ONCE = {"createIndexes": len(INDEXES), "endSessions": 1}
"""What else a worker asks the database for."""

POSTS = 200
MOST_WRITES = POSTS + POSTS // 10
"""One a task; a tenth more for heartbeats, and for a write that arrives in two pieces."""


@dataclass(frozen=True)
class Cost:
    """How many tasks came through, and what went by on the way."""

    tasks: int
    broker: Seen
    database: Seen

    @property
    def inserts(self) -> int:
        """How often something was written to the database."""
        return self.database.sent.named["insert"]


@pytest.fixture(scope="module", params=PACKAGES)
def drained(request: pytest.FixtureRequest, stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Cost:
    """The cost of a worker that starts, stores the tasks that wait, and stops."""
    log = tmp_path_factory.mktemp("worker") / "log"
    inserts = Event()
    with place(stack) as own, relays(stack, inserts) as between:
        own.fill(WAITING)
        wait_until(lambda: own.broker.depth() == WAITING, WITHIN, "the tasks wait")
        with worker(request.param, {**own.environ, **between.environ}, log):
            wait_until(lambda: delivered(between) == WAITING, WITHIN, "the worker holds all")
            inserts.set()
            wait_until(lambda: own.stored() >= WAITING, WITHIN, "the tasks are stored")
        wait_until(lambda: between.is_idle, WITHIN, "the worker has closed its connections")
        assert 0 == own.broker.depth(), "tasks were stored, and not acknowledged"
        return Cost(own.tasks.count_documents({}), between.broker.seen(), between.database.seen())


def delivered(between: Between) -> int:
    """How many messages have gone to the worker."""
    return between.broker.seen().received.named["Basic.Deliver"]


@pytest.fixture(scope="module", params=PACKAGES)
def posted(request: pytest.FixtureRequest, stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Cost:
    """The cost of tasks that are sent, one after the other, to an API that has accepted some already."""
    log = tmp_path_factory.mktemp("api") / "log"
    with (
        place(stack) as own,
        relays(stack) as between,
        api(request.param, {**own.environ, **between.environ}, log) as url,
        http_client(url) as http,
    ):
        wait_until(lambda: accepts(http), WITHIN, "the API accepts a task")
        broker, database = between.broker.seen(), between.database.seen()
        tasks = sum(accepts(http) for _ in range(POSTS))
        return Cost(tasks, between.broker.seen() - broker, between.database.seen() - database)


def accepts(http: httpx.Client) -> bool:
    """Whether a new task is accepted, one without an idempotency key."""
    try:
        return http.post("/tasks", json={"title": "Count me"}).status_code == 202
    except httpx.TransportError:
        return False


def test_every_task_that_waits_is_stored(drained: Cost) -> None:
    """Whatever it costs."""
    assert WAITING == drained.tasks


def test_a_worker_stores_a_batch_with_one_insert(drained: Cost) -> None:
    """Not each task with one of its own."""
    assert drained.inserts <= WAITING / LIMITS.batch + START


def test_a_worker_asks_the_database_for_nothing_else(drained: Cost) -> None:
    """It neither reads nor updates; what it needs once, it asks for once."""
    assert {} == drained.database.sent.named - Counter({"insert": drained.inserts, **WATCHING, **ONCE})


def test_a_worker_acknowledges_a_batch_with_one_frame(drained: Cost) -> None:
    """What one insert has stored, one acknowledgement settles."""
    assert 1 <= drained.broker.sent.named["Basic.Ack"] <= drained.inserts


def test_a_worker_seldom_writes_to_the_broker(drained: Cost) -> None:
    """Once a batch, and to begin and to end."""
    assert drained.broker.sent.reads <= drained.inserts + SET_UP


def test_a_worker_subscribes_twice_and_publishes_nothing(drained: Cost) -> None:
    """First for one message at a time, then for many; and each comes once."""
    sent, received = drained.broker.sent.named, drained.broker.received.named
    assert (2, 0, WAITING) == (sent["Basic.Consume"], sent["Basic.Publish"], received["Basic.Deliver"])


def test_every_task_that_is_sent_is_accepted(posted: Cost) -> None:
    """Whatever it costs."""
    assert POSTS == posted.tasks


def test_a_task_is_three_frames_and_the_answer_one(posted: Cost) -> None:
    """Nothing else is said: no channel is opened for it, and no queue declared."""
    sent, received = posted.broker.sent.named, posted.broker.received.named
    assert {"Basic.Publish": POSTS, "header": POSTS, "body": POSTS} == without_heartbeats(sent)
    assert {"Basic.Ack": POSTS} == without_heartbeats(received)


def test_the_frames_of_a_task_are_one_write(posted: Cost) -> None:
    """The operating system and the broker are bothered once."""
    assert posted.broker.sent.reads <= MOST_WRITES


def test_no_connection_is_opened_for_a_task(posted: Cost) -> None:
    """All go over the one to the broker that is there."""
    assert 0 == posted.broker.connections


def test_a_task_without_a_key_does_not_ask_the_database(posted: Cost) -> None:
    """Storing it is the worker's business."""
    assert {} == posted.database.sent.named - Counter(WATCHING)


def without_heartbeats(named: Counter[str]) -> dict[str, int]:
    """The frames that the passing of time does not cause."""
    return {name: count for name, count in named.items() if name != "heartbeat"}
