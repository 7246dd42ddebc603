"""What the end-to-end tests share."""

from collections.abc import Callable

import pytest

from core.topology import topology
from drills.history import History
from drills.load import Load
from tests.support.accounting import Tasks, assert_accounted
from tests.support.api import Api
from tests.support.broker import Broker
from tests.support.serving import everything_is_ready
from tests.support.stack import Stack
from tests.support.waiting import wait_until

READY_WITHIN = 30.0


@pytest.fixture(autouse=True)
def _ready(stack: Stack) -> None:
    """Each test begins with everything ready, so that it does not answer for the one before."""
    wait_until(lambda: everything_is_ready(stack), READY_WITHIN, "everything is ready before the test")


@pytest.fixture
def load(stack: Stack, apis: dict[str, Api]) -> Load:
    """Tasks sent to both APIs in the background, for as long as its block lasts."""
    return Load(stack.addresses["http"], list(apis))


@pytest.fixture
def account(collection: Tasks, broker: Broker) -> Callable[[History], None]:
    """Holds a history against the database and the dead letters."""
    return lambda history: assert_accounted(history, collection, broker)


@pytest.fixture
def dead_queue(broker: Broker) -> str:
    """Where dead letters go."""
    return topology(broker.queue).dead.name
