"""Waiting by looking again until a deadline; no test sleeps for a time it hopes is long enough."""

import time
from collections.abc import Callable

from drills.waiting import wait_until, wait_until_no_error

__all__ = ["at_rest", "wait_until", "wait_until_no_error"]

AT_MOST = 30.0


def at_rest(read: Callable[[], float], seconds: float) -> float:
    """A value when it has stayed the same for that long; TooLate where it never does."""
    last, since = read(), time.monotonic()

    def rests() -> bool:
        nonlocal last, since
        now = read()
        if now != last:
            last, since = now, time.monotonic()
        return time.monotonic() - since >= seconds

    wait_until(rests, AT_MOST, f"it stays the same for {seconds:g} s")
    return last
