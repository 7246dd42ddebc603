"""``./lab up --from OUT``: everything that is installed comes from a stick, and no network is asked."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli import packages, requirements
from cli.config import Lab
from cli.console import say
from cli.errors import Broken
from cli.language import _
from cli.pack import images, stick
from cli.pack.stick import NotWhole, Stick
from cli.stack import Way

LATER = ("git", *packages.WATCHERS)
"""What a lesson needs later, when the stick is gone."""


def opened(folder: Path) -> Stick:
    """The stick; Broken, with the mend, where it is none."""
    with _told():
        return stick.opened(folder)


def way(found: Stick, wish: Way | None) -> Way | None:
    """Natively where the stick has no images and nobody asked for Docker."""
    if wish or found.holds(stick.SAVED):
        return wish
    return "native" if packages.on_linux() else None


def bring(lab: Lab, way: Way, found: Stick) -> None:
    """What this way of running needs is on this computer afterwards, and what tests and drills need."""
    with _told():
        with _pip_from(found):
            if requirements.missing(*requirements.REQUIREMENTS):
                found.check(found.wheels(), say)
            requirements.install(*requirements.REQUIREMENTS)
            if way == "native":
                _native(lab, found)
        if way == "docker":
            _docker(lab, found)


def _native(lab: Lab, found: Stick) -> None:
    # Nobody without the right to install is refused for want of what is needed later.
    packages.ensure(lab, lambda missing: _apt(lab, found, missing), LATER if packages.may_install() else ())


def _apt(lab: Lab, found: Stick, missing: list[str]) -> list[str]:
    found.check(found.packages(), say)
    say(_("{packages}: from the stick", packages=", ".join(missing)))
    return found.apt(packages.made(packages.cache(lab) / "stick"))


def _docker(lab: Lab, found: Stick) -> None:
    if not found.holds(stick.SAVED):
        mend = _("Natively: ./lab up --native --from …\nOr pack it anew on a computer where Docker runs.")
        raise Broken(_("the stick has no container images"), part="pack", mend=mend)
    found.check(stick.SAVED, say)
    images.load(lab, found)


@contextmanager
def _pip_from(found: Stick) -> Iterator[None]:
    """While this lasts, pip takes everything from the stick."""
    before, own = dict(os.environ), found.pip()
    os.environ.clear()
    os.environ.update(own)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except NotWhole as error:
        raise Broken(str(error), part="pack", mend=error.mend) from error
