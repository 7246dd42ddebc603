"""What the suite shares: a collector in this process, and both twins beside the stack's own, sending to it."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from bench.servers import routed
from cli.config import load
from core.documents import COLLECTION
from tests.support.api import Api, http_client
from tests.support.collector import Collector
from tests.support.place import Place, place
from tests.support.stack import Stack
from tests.traces.traced import SIDES, Side, Traced, running

PORTS = {"flask": "FLASK_PORT", "async": "ASYNC_PORT"}


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """Gets the traces of the twins below."""
    with Collector() as made:
        yield made


@pytest.fixture(scope="session")
def twins(stack: Stack, collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Traced]]:
    """Both twins, every task traced; behind an nginx of their own with the lab's settings."""
    with ExitStack() as opened:
        found = {}
        for side in SIDES:
            own = opened.enter_context(place(stack))
            own.tasks.database.create_collection(COLLECTION)
            log = tmp_path_factory.mktemp(side.package)
            found[side.name] = opened.enter_context(running(side, own, collector.endpoint, log, processes=2))
        ports = {PORTS[name]: urlsplit(one.api.direct).port or 0 for name, one in found.items()}
        http = opened.enter_context(http_client(opened.enter_context(routed(load(), ports)).address, timeout=40))
        yield {name: replace(one, api=Api(name, http, one.api.direct)) for name, one in found.items()}


@pytest.fixture(params=[side.name for side in SIDES])
def twin(request: pytest.FixtureRequest, twins: dict[str, Traced]) -> Traced:
    """Each of the two in turn."""
    return twins[request.param]


@pytest.fixture(params=SIDES, ids=lambda side: side.name)
def side(request: pytest.FixtureRequest) -> Side:
    """The names of each of the two in turn, for tests with programs of their own."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def own(stack: Stack) -> Iterator[Place]:
    """A place of the test's own."""
    with place(stack) as made:
        yield made
