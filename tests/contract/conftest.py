"""What the contract tests share."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.api import Api


@pytest.fixture
def nothing_published(api: Api) -> Iterator[None]:
    """Holds if the API has handed nothing to the broker when the test ends, whatever it answered."""
    published: Callable[[], float] = lambda: api.counter("tasklab_publishes_total")  # noqa: E731
    before = published()
    yield
    assert before == published()
