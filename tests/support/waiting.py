"""Waiting by looking again until a deadline; no test sleeps for a time it hopes is long enough."""

import time
from collections.abc import Callable
from typing import TypeVar

POLL = 0.05

Value = TypeVar("Value")


def wait_until(look: Callable[[], Value | None], within: float, what: str) -> Value:
    """What ``look`` returns as soon as that is true; AssertionError naming ``what`` after ``within`` seconds."""
    deadline = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:g} s: {what} (last look: {found!r})")
        time.sleep(POLL)


def wait_until_no_error(action: Callable[[], Value], within: float, errors: tuple[type[Exception], ...]) -> Value:
    """What ``action`` returns, the first time that it raises none of ``errors``; its last error after the deadline."""
    deadline = time.monotonic() + within
    while True:
        try:
            return action()
        except errors:
            if time.monotonic() > deadline:
                raise
        time.sleep(POLL)
