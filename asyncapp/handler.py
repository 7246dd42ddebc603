"""What the worker does with the tasks it receives: decode, carry out the simulated work, enrich, store."""

import asyncio
import time
from collections.abc import Sequence

from asyncapp import tally, tracing
from asyncapp.store import Store
from core.clock import at
from core.delivery import Dead, Delivery, Verdict, in_order
from core.enrich import Document, Receipt, enrich
from core.errors import DecodeError
from core.message import decode
from core.settings import LIMITS
from core.task import Task, Work


class TaskHandler:
    """Judges deliveries: stored, dead, or to be tried again."""

    def __init__(self, store: Store, worker: str, host: str) -> None:
        self._store = store
        self._worker = worker
        self._host = host

    async def __call__(self, batch: Sequence[Delivery]) -> list[Verdict]:
        """Verdicts on the first deliveries of the batch, as many as its round of work allows, at least one."""
        with tracing.processing(batch) as judge:
            decoded = [_decode(delivery) for delivery in batch]
            worked = await self._work(decoded)
            verdicts = await self._store_all(batch[:worked], decoded[:worked])
            judge(verdicts)
        return verdicts

    async def _work(self, decoded: Sequence[Task | Dead]) -> int:
        """Carry out the simulated work of the first tasks, their waits overlapping; how many deliveries that covers."""
        ends = time.monotonic() + LIMITS.round_of_work
        covered = 0
        async with asyncio.TaskGroup() as waits:
            while covered < len(decoded) and time.monotonic() < ends:
                task = decoded[covered]
                covered += 1
                if isinstance(task, Task) and task.work != Work():
                    compute(task.work.cpu_ms)
                    waits.create_task(asyncio.sleep(task.work.io_ms / 1000))
                    # Computing has blocked the event loop; now it may tell the broker that this worker is alive.
                    await asyncio.sleep(0)
        return covered

    async def _store_all(self, batch: Sequence[Delivery], decoded: Sequence[Task | Dead]) -> list[Verdict]:
        verdicts: list[Verdict | None] = [task if isinstance(task, Dead) else None for task in decoded]
        places = [place for place, verdict in enumerate(verdicts) if verdict is None]
        documents = [self._document(batch[place], decoded[place]) for place in places]
        tally.received([_waited(batch[place], decoded[place]) for place in places])
        if documents:
            for place, verdict in zip(places, await self._store.insert(documents), strict=True):
                verdicts[place] = verdict
        return in_order(verdicts)

    def _document(self, delivery: Delivery, task: Task | Dead) -> Document:
        assert isinstance(task, Task)
        receipt = Receipt(self._worker, self._host, delivery.attempt, delivery.redelivered, delivery.received)
        return enrich(task, receipt, at(time.time()))


def _waited(delivery: Delivery, task: Task | Dead) -> float:
    """Seconds from accepting a task to receiving it."""
    assert isinstance(task, Task)
    return (delivery.received - task.accepted).total_seconds()


def _decode(delivery: Delivery) -> Task | Dead:
    try:
        return decode(delivery.message.body)
    except DecodeError as error:
        return Dead(str(error))


def compute(milliseconds: int) -> None:
    """Keep one processor busy for that long, as work that cannot be waited for does."""
    ends = time.thread_time() + milliseconds / 1000
    while time.thread_time() < ends:
        sum(range(1000))
