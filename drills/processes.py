"""Signals to processes: kill -9, and silence. Which processes are meant is for the caller to say."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import psutil

from drills.waiting import wait_until

ENDED_WITHIN = 20.0
POLL = 0.005
"""A killed process is gone at once, and what happens next may be measured from then on."""


def kill(*pids: int, whose: str = "a killed process") -> None:
    """kill -9 of all of them; returns when they are gone. ``whose`` is named where one of them stays."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: all(is_gone(pid) for pid in pids), ENDED_WITHIN, f"{whose} is gone", poll=POLL)


def is_gone(pid: int) -> bool:
    """Whether the process has ended; one that nobody has waited for yet counts."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@contextmanager
def frozen(pids: Sequence[int]) -> Iterator[None]:
    """SIGSTOP while the block lasts: the processes are there, connected, and silent. They may be killed meanwhile."""
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
