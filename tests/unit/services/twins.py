"""Both twins behind one face: a test says once what is done, and runs against each."""

import asyncio
import importlib
import inspect
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from types import ModuleType
from typing import Any, Protocol

import pytest
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

from core.settings import LIMITS
from tests.unit.services.fakes import Awaited

SECONDS = 10
"""A test that waits longer for its other threads has failed."""


class Sending(Protocol):
    """Something that messages are sent on, and that tells when one has come."""

    published: list[Any]

    def wait_for(self, ready: Callable[[], bool], seconds: float) -> bool: ...


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, from either framework's test client."""

    status: int
    headers: Any
    body: bytes


class Twin:
    """One of the two services: its modules, and how what they return is waited for."""

    def __init__(self, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.package = package
        self.is_async = package == "asyncapp"
        self._monkeypatch = monkeypatch
        self._runner = asyncio.Runner()

    def __repr__(self) -> str:
        return self.package

    def module(self, name: str) -> Any:
        """The twin's module of that name."""
        return importlib.import_module(f"{self.package}.{name}")

    def choose(self, app: Any, asyncapp: Any) -> Any:
        """What holds for this twin, where the two really differ."""
        return asyncapp if self.is_async else app

    def awaited(self, fake: Any) -> Any:
        """The fake as this twin's code expects it: its methods awaited in the async case."""
        return Awaited(fake) if self.is_async else fake

    def limits(self, module: str, **changes: Any) -> None:
        """Other limits for one module, for the time of a test."""
        self._monkeypatch.setattr(self.module(module), "LIMITS", replace(LIMITS, **changes))

    def run(self, call: Callable[[], Any]) -> Any:
        """What ``call`` returns; in the async case on the event loop, awaited."""
        if not self.is_async:
            return call()

        async def on_loop() -> Any:
            result = call()
            return await result if inspect.isawaitable(result) else result

        return self._runner.run(on_loop())

    def in_flight(
        self, channel: Sending, calls: Sequence[Callable[[], Any]], act: Callable[[], None]
    ) -> list[BaseException | None]:
        """Start the calls, each after the one before has sent or ended; then ``act``; then the error of each."""
        if self.is_async:
            return list(self._runner.run(self._fly_on_loop(channel, calls, act)))
        return self._fly_on_threads(channel, calls, act)

    def _fly_on_threads(
        self, channel: Sending, calls: Sequence[Callable[[], Any]], act: Callable[[], None]
    ) -> list[BaseException | None]:
        with ThreadPoolExecutor(len(calls)) as pool:
            flights = []
            for number, call in enumerate(calls, 1):
                flights.append(pool.submit(call))
                assert channel.wait_for(partial(_sent_or_ended, channel, number, flights[-1]), SECONDS)
            act()
            return [flight.exception(SECONDS) for flight in flights]

    async def _fly_on_loop(
        self, channel: Sending, calls: Sequence[Callable[[], Any]], act: Callable[[], None]
    ) -> list[BaseException | None]:
        flights = []
        for number, call in enumerate(calls, 1):
            flights.append(asyncio.ensure_future(call()))
            await asyncio.sleep(0)
            assert len(channel.published) == number or flights[-1].done()
        act()
        return list(await asyncio.gather(*flights, return_exceptions=True))

    def request(self, app: Any, method: str, path: str, **given: Any) -> Answer:
        """One request to the application, through its own framework's test client."""

        async def on_loop() -> Answer:
            response = await app.test_client().open(path, method=method, **given)
            return Answer(response.status_code, response.headers, await response.get_data())

        if self.is_async:
            return self._runner.run(on_loop())
        response = app.test_client().open(path, method=method, **given)
        return Answer(response.status_code, response.headers, response.get_data())

    def close(self) -> None:
        """End the event loop."""
        self._runner.close()


def _sent_or_ended(channel: Sending, number: int, flight: Future[Any]) -> bool:
    return len(channel.published) >= number or flight.done()


def collectors(module: ModuleType) -> list[MetricWrapperBase]:
    """The metrics that a module has made."""
    return [made for made in vars(module).values() if isinstance(made, MetricWrapperBase)]


def all_collectors(package: str) -> list[MetricWrapperBase]:
    """The metrics of a twin."""
    modules = [importlib.import_module(f"{package}.{name}") for name in ("metrics", "tally", "web")]
    return [made for module in modules for made in collectors(module)]


def import_both() -> None:
    """Import both twins: their metrics have the same names, so only one of them may be registered at a time."""
    for package in ("app", "asyncapp"):
        for made in all_collectors(package):
            REGISTRY.unregister(made)
