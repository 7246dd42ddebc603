"""The worker's start and end, and what its monitor answers."""

import asyncio
import json
import logging.config
import signal
import urllib.request
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError

import pytest

from core.settings import Settings
from tests.unit.services.twins import Twin

BAD = [
    ("RABBIT_PORT", "abc"),
    ("MONGO_URI", "localhost"),
    ("MONGO_URI", "mongodb://localhost:port"),
    ("LOG_LEVEL", "loud"),
    ("WORKER_PORT", "70000"),
]


@pytest.mark.parametrize(("name", "text"), BAD)
def test_a_setting_that_cannot_be_used_ends_the_worker_with_2(
    twin: Twin, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    """And one line that names it, instead of a stack trace."""
    monkeypatch.setenv(name, text)
    # What the worker does to its process, it must not do to the one that runs the tests.
    monkeypatch.setattr(logging.config, "dictConfig", lambda _: None)
    monkeypatch.setattr(signal, "pthread_sigmask", lambda *_: None)
    assert 2 == twin.module("worker").main()
    (line,) = capsys.readouterr().err.splitlines()
    assert name in line
    assert ".env" in line


def test_a_worker_that_was_stopped_ends_with_0(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    """The supervisor then knows that it was meant."""
    worker, ran = twin.module("worker"), []

    async def run_on_loop(settings: Settings) -> None:
        ran.append(settings.rabbit_queue)

    monkeypatch.setenv("RABBIT_QUEUE", "other")
    monkeypatch.setattr(worker, "run", run_on_loop if twin.is_async else lambda found: ran.append(found.rabbit_queue))
    monkeypatch.setattr(logging.config, "dictConfig", lambda _: None)
    monkeypatch.setattr(worker.garbage, "look_rarely", lambda: None)
    assert (0, ["other"]) == (worker.main(), ran)


def at_once(target: Callable[..., None], args: tuple[Any, ...], **_: Any) -> Any:
    """A thread that has ended when it has started."""
    return SimpleNamespace(start=lambda: target(*args))


class Parts:
    """Stands in for everything that a worker puts together, and writes down in which order it was used."""

    def __init__(self, twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
        self.used: list[str] = []
        worker = twin.module("worker")
        for name in ("Store", "Publisher", "Consumer"):
            monkeypatch.setattr(worker, name, self._maker(twin, name))
        monkeypatch.setattr(worker, "serve", lambda *_: self.used.append("serve"))
        monkeypatch.setattr(worker, "_stop_on_signal", lambda *_: self.used.append("signals"))
        if not twin.is_async:
            monkeypatch.setattr(signal, "pthread_sigmask", lambda *_: None)
            monkeypatch.setattr(worker, "Thread", at_once)

    def _maker(self, twin: Twin, name: str) -> Callable[..., Any]:
        def note(what: str) -> Callable[[], Any]:
            async def on_loop() -> None:
                self.used.append(f"{name} {what}")

            waits = twin.is_async and (name, what) in {("Publisher", "close"), ("Consumer", "run")}
            return on_loop if waits else lambda: self.used.append(f"{name} {what}")

        return lambda *_: SimpleNamespace(start=note("start"), run=note("run"), close=note("close"))


def test_a_worker_ends_in_the_opposite_order(twin: Twin, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The consumer first: what it has taken needs publisher and store to be settled."""
    parts = Parts(twin, monkeypatch)
    twin.run(lambda: twin.module("worker").run(settings))
    assert ["signals", "Publisher start", "serve", "Consumer run", "Publisher close", "Store close"] == parts.used


@pytest.mark.parametrize(
    ("broker", "store", "missing"),
    [
        ("", "", {}),
        ("down", "", {"broker": "down"}),
        ("", "away", {"store": "away"}),
        ("down", "away", {"broker": "down", "store": "away"}),
    ],
)
def test_a_worker_is_ready_when_it_consumes_and_can_store(
    twin: Twin, broker: str, store: str, missing: dict[str, str]
) -> None:
    """Else it names what is missing."""

    async def on_loop() -> str:
        return store

    consumer = SimpleNamespace(missing=broker)
    shelf = SimpleNamespace(missing=on_loop if twin.is_async else lambda: store)
    assert missing == twin.run(lambda: twin.module("worker")._missing(consumer, shelf))


class Served:
    """A monitor on a free port."""

    def __init__(self, twin: Twin, monkeypatch: pytest.MonkeyPatch, missing: dict[str, str]) -> None:
        self.twin, self._missing = twin, missing
        self._module = twin.module("monitor")
        make = self._module.make_server
        self._servers: list[Any] = []

        def keep(*given: Any, **options: Any) -> Any:
            self._servers.append(make(*given, **options))
            return self._servers[-1]

        monkeypatch.setattr(self._module, "make_server", keep)

    def get(self, path: str) -> tuple[int, str, bytes]:
        """Status, media type and body."""
        get = self._get_on_loop if self.twin.is_async else self._get
        answer: tuple[int, str, bytes] = self.twin.run(lambda: get(path))
        return answer

    def _get(self, path: str) -> tuple[int, str, bytes]:
        self._module.serve(Settings(worker_port=0), lambda: self._missing)
        return self._fetch(path)

    async def _get_on_loop(self, path: str) -> tuple[int, str, bytes]:
        async def missing() -> dict[str, str]:
            return self._missing

        self._module.serve(Settings(worker_port=0), missing)
        return await asyncio.to_thread(self._fetch, path)

    def _fetch(self, path: str) -> tuple[int, str, bytes]:
        server = self._servers[-1]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}{path}", timeout=10) as response:
                return response.status, response.headers["Content-Type"], response.read()
        except HTTPError as error:
            with error:
                return error.code, error.headers["Content-Type"], error.read()
        finally:
            server.shutdown()
            server.server_close()


def test_the_monitor_answers_that_the_worker_is_alive(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is missing."""
    status, _, body = Served(twin, monkeypatch, {"broker": "down"}).get("/healthz")
    assert (200, {"status": "alive"}) == (status, json.loads(body))


def test_the_monitor_answers_whether_the_worker_is_ready(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    """All well."""
    status, _, body = Served(twin, monkeypatch, {}).get("/readyz")
    assert (200, {"status": "ready"}) == (status, json.loads(body))


def test_the_monitor_names_what_is_missing(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a problem document."""
    status, media_type, body = Served(twin, monkeypatch, {"store": "away"}).get("/readyz")
    assert (503, "application/problem+json", ["store"]) == (status, media_type, json.loads(body)["missing"])


def test_the_monitor_tells_the_metrics(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    """For Prometheus."""
    status, media_type, body = Served(twin, monkeypatch, {}).get("/metrics")
    assert (200, True) == (status, media_type.startswith("text/plain"))
    assert b"tasklab_deliveries_total" in body


def test_the_monitor_has_nothing_else(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    """404 as a problem document."""
    status, media_type, _ = Served(twin, monkeypatch, {}).get("/tasks")
    assert (404, "application/problem+json") == (status, media_type)


def test_an_event_loop_that_is_blocked_is_not_ready(async_twin: Twin) -> None:
    """It answers nobody, so it cannot tell the broker that the worker is alive either."""
    async_twin.limits("monitor", store_timeout=0.01)

    async def never() -> dict[str, str]:
        return {}

    async def ask_while_blocked() -> dict[str, str]:
        ask = async_twin.module("monitor")._on_loop(asyncio.get_running_loop(), never)
        # On the loop itself: it is blocked as long as it asks.
        return dict(ask())

    assert {"worker": "its event loop is blocked"} == async_twin.run(ask_while_blocked)
