"""What a service tells about its own event loop. Nothing to do here: read it, it is how one notices."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

BEAT = 0.05


class Pulse:
    """Who has nothing to do but wait is late only where the event loop stood still."""

    def __init__(self) -> None:
        self._doing: Counter[str] = Counter()
        self._longest = 0.0

    async def beat(self) -> None:
        """Measure, for as long as the service runs, how late one is called back."""
        while True:
            asked = time.monotonic()
            await asyncio.sleep(BEAT)
            self._longest = max(self._longest, time.monotonic() - asked - BEAT)

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """The block does this."""
        self._doing[what] += 1
        try:
            yield
        finally:
            self._doing[what] -= 1

    def told(self) -> dict[str, object]:
        """What is being done at this moment, and for how many seconds the event loop stood still at most."""
        return {"doing": sorted(+self._doing), "stood_still": round(self._longest, 3)}
