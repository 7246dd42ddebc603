"""Python's collector of objects that only hold each other, as a service wants it."""

import gc

from core.settings import LIMITS


def look_rarely() -> None:
    """Once everything is loaded: what a process is made of stays, and of what comes later most is gone by itself."""
    gc.freeze()
    gc.set_threshold(LIMITS.garbage, *gc.get_threshold()[1:])
