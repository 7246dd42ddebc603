"""What the suites share: the stack under test, its two APIs, its broker and its database."""

import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pymongo.collection import Collection

from drills.history import History
from drills.load import Load
from tests.support import database
from tests.support.accounting import Tasks, assert_accounted
from tests.support.api import Api, http_client
from tests.support.broker import Broker
from tests.support.stack import Stack, from_environment

NAMES = ("flask", "async")

# A shell that starts ``./lab test`` in the background has it and its children ignore this signal. It is the one by
# which we are ended in time to take down what we started.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The stack under test; without one the run fails, it never skips."""
    return from_environment()


@pytest.fixture(scope="session")
def apis(stack: Stack) -> Iterator[dict[str, Api]]:
    """Both APIs, by name."""
    with http_client(stack.addresses["http"], timeout=40) as http:
        yield {name: Api(name, http, stack.addresses[name]) for name in NAMES}


@pytest.fixture(params=NAMES)
def api(request: pytest.FixtureRequest, apis: dict[str, Api]) -> Api:
    """Each of the two APIs in turn: a test that takes it runs twice."""
    return apis[request.param]


@pytest.fixture(scope="session")
def broker(stack: Stack) -> Broker:
    """The broker, around the APIs."""
    return Broker(stack.addresses["rabbitmq"], stack.addresses["queue"])


@pytest.fixture(scope="session")
def collection(stack: Stack) -> Iterator[Collection[dict[str, Any]]]:
    """The stored tasks, around the APIs."""
    with database.tasks(stack) as tasks:
        yield tasks


@pytest.fixture
def load(stack: Stack, apis: dict[str, Api]) -> Load:
    """Tasks sent to both APIs in the background, for as long as its block lasts."""
    return Load(stack.addresses["http"], list(apis))


@pytest.fixture
def account(collection: Tasks, broker: Broker) -> Callable[[History], None]:
    """Holds a history against the database and the dead letters."""
    return lambda history: assert_accounted(history, collection, broker)
