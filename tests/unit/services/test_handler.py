"""What the worker does with its tasks: with a store that is not there and a clock that only counts."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import REGISTRY

from core.delivery import Again, Dead, Delivery, Done, Verdict
from core.errors import StoreUnavailable
from tests.unit.samples import a_delivery, a_message, a_task, some_ids, work
from tests.unit.services.fakes import FakeStore
from tests.unit.services.twins import Twin


class Counting:
    """Time that passes only when somebody works or waits, and counts who waits at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, module: Any) -> None:
        self.now = self.busy = 0.0
        self.waiting = self.most_waiting = 0
        self.waits: list[float] = []
        clock = SimpleNamespace(
            monotonic=lambda: self.now, time=lambda: 1.0, thread_time=self.thread_time, sleep=self.sleep
        )
        monkeypatch.setattr(module, "time", clock)
        if hasattr(module, "asyncio"):
            loop = SimpleNamespace(TaskGroup=asyncio.TaskGroup, sleep=self.sleep_on_loop)
            monkeypatch.setattr(module, "asyncio", loop)

    def thread_time(self) -> float:
        """Each look at it costs a millisecond of work."""
        self.busy += 0.001
        self.now += 0.001
        return self.busy

    def sleep(self, seconds: float) -> None:
        """Nobody else can wait meanwhile."""
        self.waits.append(seconds)
        self.now += seconds
        self.most_waiting = 1

    async def sleep_on_loop(self, seconds: float) -> None:
        """Others can."""
        if seconds:
            self.waits.append(seconds)
            self.waiting += 1
            self.most_waiting = max(self.most_waiting, self.waiting)
        for _ in range(20 if seconds else 1):
            await asyncio.sleep(0)
        if seconds:
            self.waiting -= 1


class Bench:
    """A handler around a store that is not there."""

    def __init__(self, twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
        self.twin = twin
        self.store = FakeStore()
        module = twin.module("handler")
        self.clock = Counting(monkeypatch, module)
        self.handler = module.TaskHandler(twin.awaited(self.store), "pyworker", "there")

    def judge(self, batch: Sequence[Delivery]) -> list[Verdict]:
        """The verdicts on a batch."""
        verdicts: list[Verdict] = self.twin.run(lambda: self.handler(batch))
        return verdicts


@pytest.fixture
def bench(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """One of the two handlers."""
    return Bench(twin, monkeypatch)


def tasks(count: int, **changes: Any) -> list[Delivery]:
    """Deliveries of that many tasks."""
    return [
        a_delivery(a_message(a_task(id=task_id, **changes)), tag=tag) for tag, task_id in enumerate(some_ids(count), 1)
    ]


def poison(tag: int) -> Delivery:
    """A delivery that is no task."""
    return a_delivery(a_message(body=b"Hello World!"), tag=tag)


def test_a_batch_of_tasks_is_stored_in_one_write(bench: Bench) -> None:
    """Thirty times as fast as one by one."""
    assert [Done(), Done(), Done()] == bench.judge(tasks(3))
    assert [some_ids(3)] == [[document["_id"] for document in written] for written in bench.store.inserted]


def test_a_poison_message_harms_no_neighbour(bench: Bench) -> None:
    """It is dead, they are stored."""
    first, _, third = tasks(3)
    verdicts = bench.judge([first, poison(2), third])
    assert [Done, Dead, Done] == [type(verdict) for verdict in verdicts]
    assert 2 == len(bench.store.inserted[0])


def test_a_poison_message_says_what_is_wrong_with_it(bench: Bench) -> None:
    """For the person who finds it among the dead letters."""
    (verdict,) = bench.judge([poison(1)])
    assert isinstance(verdict, Dead)
    assert "not JSON" in verdict.reason


def test_poison_alone_asks_no_store(bench: Bench) -> None:
    """There is nothing to write, so a database that is down does not keep it."""
    bench.store.error = StoreUnavailable("down")
    assert [Dead, Dead] == [type(verdict) for verdict in bench.judge([poison(1), poison(2)])]


def test_verdicts_of_the_store_reach_the_right_deliveries(bench: Bench) -> None:
    """Also around a poison message."""
    bench.store.verdicts = [Done(duplicate=True), Again("refused")]
    first, _, third = tasks(3)
    verdicts = bench.judge([first, poison(2), third])
    assert [Done(duplicate=True), Again("refused")] == [verdicts[0], verdicts[2]]


def test_a_store_that_is_away_is_the_callers_business(bench: Bench) -> None:
    """Nothing is judged then."""
    bench.store.error = StoreUnavailable("down")
    with pytest.raises(StoreUnavailable):
        bench.judge(tasks(1))


def test_a_stored_task_says_who_stored_it_and_on_which_attempt(bench: Bench) -> None:
    """In its passport."""
    bench.judge([a_delivery(a_message(headers={"attempt": 3}), redelivered=True)])
    passport = bench.store.inserted[0][0]["passport"]
    assert ({"name": "pyworker", "host": "there"}, 3, True) == (
        passport["worker"],
        passport["attempt"],
        passport["redelivered"],
    )


def test_computing_keeps_a_processor_busy_for_as_long_as_it_says(bench: Bench) -> None:
    """Counted in time of the processor, so that a busy computer does not shorten the work."""
    bench.twin.module("handler").compute(50)
    assert 0.05 <= bench.clock.busy <= 0.06


def test_work_is_carried_out_before_storing(bench: Bench) -> None:
    """Both kinds of it."""
    bench.judge(tasks(1, work=work(io_ms=30, cpu_ms=20)))
    assert [0.03] == bench.clock.waits
    assert 0.02 <= bench.clock.busy <= 0.03


def test_a_task_without_work_takes_no_time(bench: Bench) -> None:
    """Most of them."""
    bench.judge(tasks(3))
    assert (0, []) == (bench.clock.now, bench.clock.waits)


def test_waits_overlap_in_the_asynchronous_worker_only(bench: Bench, twin: Twin) -> None:
    """That is what a classroom can see."""
    assert [Done()] * 3 == bench.judge(tasks(3, work=work(io_ms=50)))
    assert ([0.05] * 3, twin.choose(1, 3)) == (bench.clock.waits, bench.clock.most_waiting)


def test_a_long_round_of_work_ends_with_what_is_done(bench: Bench) -> None:
    """The rest comes in the next batch, so that nobody waits for a whole batch of long tasks."""
    assert [Done()] * 2 == bench.judge(tasks(5, work=work(cpu_ms=200)))
    assert 2 == len(bench.store.inserted[0])


def test_the_first_task_is_done_however_long_it_takes(bench: Bench) -> None:
    """Else nothing would ever move."""
    assert [Done()] == bench.judge(tasks(2, work=work(cpu_ms=1000)))


def test_poison_behind_a_long_round_waits_its_turn(bench: Bench) -> None:
    """Verdicts are a prefix, never with a gap."""
    assert [Done()] == bench.judge([*tasks(1, work=work(cpu_ms=1000)), poison(2)])


def test_the_time_in_the_queue_is_measured(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each task that is stored, from its acceptance to its receipt."""
    name = "tasklab_time_in_queue_seconds_count"
    before = REGISTRY.get_sample_value(name) or 0
    Bench(twin, monkeypatch).judge([a_delivery(), a_delivery(a_message(body=b"no task"))])
    assert 1 == (REGISTRY.get_sample_value(name) or 0) - before
