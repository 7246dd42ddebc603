"""What the end-to-end tests share."""

import pytest

from core.topology import topology
from tests.support.broker import Broker
from tests.support.serving import wait_until_everything_is_ready
from tests.support.stack import Stack


@pytest.fixture(autouse=True)
def _ready(stack: Stack) -> None:
    """Each test begins with everything ready, so that it does not answer for the one before."""
    wait_until_everything_is_ready(stack)


@pytest.fixture
def dead_queue(broker: Broker) -> str:
    """Where dead letters go."""
    return topology(broker.queue).dead.name
