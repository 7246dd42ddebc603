"""The worker of a twin beside the lab that runs: a program of this computer, on a queue and a database of its own.

So a student can measure where the lab runs in containers too, and without a second broker on a small computer.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from bench.counting import Tasks, tasks
from bench.fill import fill
from bench.servers import python, running
from cli.ports import LOOPBACK, free_port
from core.settings import read
from core.task import Work
from drills.facts import Database
from drills.sides import Side
from drills.waiting import wait_until
from lessons.kit.place import Place

READY_WITHIN = 60.0
STORED_WITHIN = 120.0
MOMENT = timedelta(milliseconds=1)
"""What a clock of the database tells apart."""
OK = 200


@dataclass(frozen=True)
class Beside:
    """A worker that runs, and where its tasks go."""

    side: Side
    environ: Mapping[str, str]
    database: Database

    def rate(self, count: int, work: Work) -> float:
        """Tasks a second, from the moment at which the worker has received the first to that of the last one stored.

        The tasks' own passports say so: what it takes to publish and to ask for them does not count.
        """
        with tasks(self.database) as collection:
            collection.delete_many({})
            fill(read(self.environ), count, self.side.name, work)
            what = f"{count} tasks are stored by the {self.side.name} worker"
            wait_until(lambda: collection.count_documents({}) >= count, STORED_WITHIN, what)
            return count / (_took(collection) / timedelta(seconds=1))


def _took(collection: Tasks) -> timedelta:
    times = [document["passport"]["times"] for document in collection.find({}, {"passport.times": 1})]
    found: timedelta = max(one["stored"] for one in times) - min(one["received"] for one in times)
    return max(found, MOMENT)


@contextmanager
def beside(place: Place, side: Side, mongo: str) -> Iterator[Beside]:
    """It is ready, and takes tasks while the block lasts; nothing of it is left afterwards."""
    port = free_port(())
    database = Database(mongo, f"{place.environ['DB_NAME']}_{place.student}_{place.lesson}_{side.name}")
    environ = {
        **place.environ,
        "RABBIT_HOSTS": "",
        "RABBIT_QUEUE": f"{place.queue}.{side.name}",
        "QUEUE_SHARDS": "1",
        "DB_NAME": database.name,
        "WORKER_PORT": str(port),
        "OTEL_EXPORTER_OTLP_ENDPOINT": "",
    }
    log = place.scratch / f"{side.worker}.log"
    try:
        with running(python((f"{side.package}.worker",)), environ, log):
            what = f"a {side.worker} of your own is ready; its words are in {log}"
            wait_until(lambda: _is_ready(port), READY_WITHIN, what)
            yield Beside(side, environ, database)
    finally:
        with database.client() as client:
            client.drop_database(database.name)


def _is_ready(port: int) -> bool:
    try:
        answer: Any = httpx.get(f"http://{LOOPBACK}:{port}/readyz", trust_env=False)
    except httpx.HTTPError:
        return False
    return bool(answer.status_code == OK)
