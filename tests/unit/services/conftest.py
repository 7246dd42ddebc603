"""Every test here runs against both twins."""

from collections.abc import Iterator

import pytest
from prometheus_client import REGISTRY

from core.settings import Settings
from tests.unit.services.twins import Twin, all_collectors, import_both

import_both()


@pytest.fixture(params=["app", "asyncapp"])
def twin(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Twin]:
    """One of the two services, with its own metrics registered."""
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    twin = Twin(request.param, monkeypatch)
    metrics = all_collectors(request.param)
    for made in metrics:
        REGISTRY.register(made)
    yield twin
    for made in metrics:
        REGISTRY.unregister(made)
    twin.close()


@pytest.fixture
def sync_twin(monkeypatch: pytest.MonkeyPatch) -> Twin:
    """The synchronous service, for what only threads can do."""
    return Twin("app", monkeypatch)


@pytest.fixture
def async_twin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Twin]:
    """The asynchronous service, for what only an event loop can do."""
    twin = Twin("asyncapp", monkeypatch)
    yield twin
    twin.close()


@pytest.fixture
def settings() -> Settings:
    """Settings whose queue has a short name."""
    return Settings(rabbit_queue="work", host_name="here", api_threads=2)
