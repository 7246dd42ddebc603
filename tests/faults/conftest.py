"""What the tests of faults share."""

import pytest

from tests.support.serving import wait_until_everything_is_ready
from tests.support.stack import Stack


@pytest.fixture(autouse=True)
def _ready(stack: Stack) -> None:
    """Each fault comes over a lab that is well."""
    wait_until_everything_is_ready(stack)
