"""What is planted inside the services is tried on both of them, as the services' own tests try them."""

from collections.abc import Iterator

import pytest

from drills.inside.planting import Planting
from tests.unit.services.conftest import settings, twin
from tests.unit.services.test_consumer import post
from tests.unit.services.test_publisher import line
from tests.unit.services.test_store import shelf
from tests.unit.services.twins import Twin

__all__ = ["line", "post", "settings", "shelf", "twin"]


@pytest.fixture
def planting(twin: Twin) -> Iterator[Planting]:
    """Nothing planted yet in either twin; nothing afterwards."""
    made = Planting(twin.package)
    yield made
    made.restore()
