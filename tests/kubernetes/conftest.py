"""What the checks of manifests share: the tools are there."""

import pytest

from cli import manifests


@pytest.fixture(scope="session", autouse=True)
def tools() -> None:
    """Installed by ``./lab test`` before; here for those who call pytest."""
    manifests.prepare()
