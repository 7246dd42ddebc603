"""A task that kills whoever works on it, as one that needs all memory does."""

import os
import signal
from collections.abc import Callable
from typing import Any

from drills.inside.planting import Planting

DEADLY = "deadly"
"""How the title of such a task begins."""


def crash(planting: Planting) -> None:
    """The worker is gone as soon as it stores a batch with a deadly task in it."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def store_all(handler: Any, batch: Any, decoded: Any) -> Any:
            if any(getattr(task, "title", "").startswith(DEADLY) for task in decoded):
                os.kill(os.getpid(), signal.SIGKILL)
            return original(handler, batch, decoded)

        return store_all

    planting.change("handler.TaskHandler._store_all", make)
