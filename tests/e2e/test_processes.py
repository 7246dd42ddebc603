"""The processes of an API share the work: connections, and processors."""

import http.client
import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import psutil
import pytest

from tests.support.place import place
from tests.support.programs import api, ports_of, serving
from tests.support.stack import Stack
from tests.support.waiting import wait_until

PACKAGES = ("app", "asyncapp")
PROCESSES = 2
ROUNDS = 20
WITHIN = 30.0
CONNECTIONS = 32
CROWDS = 5
LEAST = CONNECTIONS // 8
"""So many each process gets, also where one of them is awake earlier."""


@pytest.fixture(params=PACKAGES)
def package(request: pytest.FixtureRequest) -> str:
    """Each of the two."""
    return str(request.param)


@pytest.fixture
def url(package: str, stack: Stack, tmp_path: Path) -> Iterator[str]:
    """The address of its API, with two processes."""
    with place(stack) as own, api(package, own.environ, tmp_path / "log", PROCESSES) as address:
        wait_until(lambda: len(serving(address)) == PROCESSES, WITHIN, "its processes serve")
        yield address


@contextmanager
def connected(url: str, count: int) -> Iterator[list[http.client.HTTPConnection]]:
    """That many connections, opened at once; each has got an answer, and stays open while the block lasts."""
    where = urlsplit(url)
    with ExitStack() as stack:
        opened = [stack.enter_context(closing(http.client.HTTPConnection(where.netloc))) for _ in range(count)]
        for one in opened:
            one.connect()
        assert [200] * count == [status(one) for one in opened]
        yield opened


def status(connection: http.client.HTTPConnection) -> int:
    """What a request on that connection is answered with."""
    connection.request("GET", "/healthz")
    response = connection.getresponse()
    response.read()
    return response.status


def test_connections_that_come_at_once_are_shared(url: str) -> None:
    """Else one process would serve them all for as long as they stay open, and the others none.

    As a rule: a process that gets no processor for some milliseconds comes too late to that round's connections.
    """
    shares = [shares_of(url) for _ in range(CROWDS)]
    assert [(PROCESSES, CONNECTIONS)] * CROWDS == [(len(one), sum(one)) for one in shares]
    assert LEAST <= median(map(min, shares)), f"their shares: {shares}"


def shares_of(url: str) -> list[int]:
    """How many of the connections opened at once each process has got."""
    with connected(url, CONNECTIONS):
        return [ports_of(one, psutil.CONN_ESTABLISHED)[urlsplit(url).port] for one in serving(url)]


def test_each_process_has_a_processor_to_itself(url: str, package: str) -> None:
    """As far as there are as many; its threads do not move between two. An event loop has one thread, and may move."""
    usable = len(os.sched_getaffinity(0))
    kept = {frozenset(one.cpu_affinity()) for one in serving(url)}
    assert (min(PROCESSES, usable) if package == "app" else 1) == len(kept)
    assert {1 if package == "app" else usable} == {len(one) for one in kept}


def test_every_connection_is_answered_again_and_again(url: str) -> None:
    """Also where there are more of them than request threads."""
    with connected(url, 1) as (one,), connected(url, CONNECTIONS) as many:
        for _ in range(ROUNDS):
            assert [200] * (1 + CONNECTIONS) == [status(each) for each in (one, *many)]
