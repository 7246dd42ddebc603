"""What the overlays mean, check by check; and each check sees what is broken on purpose."""

import pytest

from tests.kubernetes.breakages import BREAKAGES
from tests.kubernetes.breakages.places import Breakage
from tests.kubernetes.checks import CHECKS
from tests.kubernetes.objects import OVERLAYS, Objects, objects_of


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("check", CHECKS)
def test_nothing_is_wrong_with(overlay: str, check: str) -> None:
    """The sentence in the check's docstring holds for the overlay."""
    assert [] == CHECKS[check](Objects(objects_of(overlay)))


@pytest.mark.parametrize("broken", BREAKAGES, ids=lambda one: f"{one.check}: {one.title}")
def test_a_check_sees_what_is_broken(broken: Breakage) -> None:
    """Else it would be blind."""
    objects = Objects(objects_of(broken.overlay))
    broken.change(objects)
    assert CHECKS[broken.check](objects)


def test_every_check_has_something_to_see() -> None:
    """One that nothing shows to work proves nothing."""
    assert set(CHECKS) == {broken.check for broken in BREAKAGES}
