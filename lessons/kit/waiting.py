"""Looking again until it is so, or until the time is over."""

import time
from collections.abc import Callable
from typing import TypeVar

POLL = 0.05
Found = TypeVar("Found")


def until(look: Callable[[], Found], seconds: float) -> Found:
    """What ``look`` finds as soon as that is something; at the end of the time, whatever it finds then."""
    ends = time.monotonic() + seconds
    while True:
        found = look()
        if found or time.monotonic() > ends:
            return found
        time.sleep(POLL)


def settled(look: Callable[[], Found], is_enough: Callable[[Found], bool], quiet: float) -> Found:
    """What ``look`` finds when it is enough, or has not changed for so many seconds."""
    found, since = look(), time.monotonic()
    while not is_enough(found) and time.monotonic() - since < quiet:
        time.sleep(POLL)
        if (now := look()) != found:
            found, since = now, time.monotonic()
    return found
