"""Open files and threads of the project's own processes: a fault must not leave more of them behind."""

from dataclasses import dataclass

import psutil

from drills.stage import Stage
from drills.waiting import wait_until

BACK_WITHIN = 15.0
FILES = 120
"""nginx keeps up to 64 connections to each API open, RabbitMQ's and MongoDB's come and go; a leak would be hundreds."""
THREADS = 24
"""Threads are made when first needed, and stay."""


@dataclass(frozen=True)
class Vitals:
    """Open files and threads, by process."""

    counts: dict[int, tuple[int, int]]

    @classmethod
    def of(cls, stage: Stage) -> "Vitals":
        """As they are now."""
        pids = [pid for side in stage.sides for service in side.services for pid in stage.pids(service)]
        return cls({pid: count for pid in pids if (count := _count(pid))})

    def wait_until_back(self, stage: Stage) -> None:
        """Returns when no process that is still there has many more than before; TooLate names what has."""
        wait_until(lambda: not self._grown(stage), BACK_WITHIN, f"files and threads are back: {self._grown(stage)}")

    def _grown(self, stage: Stage) -> list[str]:
        now = Vitals.of(stage).counts
        return [
            f"process {pid}: {before} files and threads, now {now[pid]}"
            for pid, before in self.counts.items()
            if pid in now and (now[pid][0] > before[0] + FILES or now[pid][1] > before[1] + THREADS)
        ]


def _count(pid: int) -> tuple[int, int] | None:
    try:
        process = psutil.Process(pid)
        return process.num_fds(), process.num_threads()
    except psutil.Error:
        return None
