"""Waiting by looking again until a deadline; nothing here sleeps for a time it hopes is long enough."""

import time
from collections.abc import Callable
from typing import TypeVar

POLL = 0.05

Value = TypeVar("Value")


class TooLate(AssertionError):
    """Something that must happen has not happened in time; the message says what."""


def wait_until(look: Callable[[], Value | None], within: float, what: str, poll: float = POLL) -> Value:
    """What ``look`` returns as soon as that is true; TooLate naming ``what`` after ``within`` seconds."""
    deadline = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise TooLate(f"not within {within:g} s: {what} (last look: {found!r})")
        time.sleep(poll)


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
