"""People who read what is stored, while others send."""

import json
from collections.abc import Sequence
from contextlib import suppress
from threading import Event, Thread
from types import TracebackType

import httpx

TIMEOUT = 20.0
PAUSE = 0.1


class Readers:
    """While the block lasts, one reader an API lists the newest tasks, opens one of them, and asks for nonsense."""

    def __init__(self, base_url: str, apis: Sequence[str]) -> None:
        self._base_url = base_url
        self._stop = Event()
        self._threads = [Thread(target=self._run, args=(api,)) for api in apis]

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(TIMEOUT + 5)

    def _run(self, api: str) -> None:
        with httpx.Client(base_url=self._base_url, timeout=TIMEOUT, trust_env=False) as http:
            while not self._stop.wait(PAUSE):
                with suppress(httpx.HTTPError, json.JSONDecodeError):
                    self._read(http, api)

    def _read(self, http: httpx.Client, api: str) -> None:
        """What fails while the lab is broken on purpose is not these readers' business."""
        items = http.get(f"/{api}/tasks", params={"limit": 5}).json().get("items", [])
        for item in items[:1]:
            http.get(f"/{api}/tasks/{item['id']}")
        http.post(f"/{api}/tasks", json={"title": ""})
