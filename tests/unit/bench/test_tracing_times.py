"""What tracing takes by itself is measured on the calls that the services make."""

import pytest

from bench.tracing_times import DELIVERY, REQUEST, times
from core.settings import Settings


@pytest.mark.parametrize("package", ["app", "asyncapp"])
@pytest.mark.parametrize("what", [REQUEST, DELIVERY])
def test_both_twins_are_measured_in_both_places(package: str, what: str) -> None:
    """Here with tracing off: the time of a look."""
    assert times(package, what, Settings(), 1000) >= 0
