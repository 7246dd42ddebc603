"""``./lab up --from OUT``: everything that is installed comes from a stick, and no network is asked."""

import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.markup import escape

from cli import packages, requirements
from cli.config import Lab
from cli.console import say
from cli.errors import Broken
from cli.language import _
from cli.pack import images, npm, stick
from cli.pack.stick import NotWhole, Stick
from cli.stack import Way

LATER = ("git", *packages.WATCHERS)
"""What a lesson needs later, when the stick is gone."""
BESIDE_CONTAINERS = ("git", "rabbitmq-server", "prometheus")
"""The same where the lab runs in containers: lessons 13 and 14 start programs of the computer."""


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
            npm.bring(lab, found)
            if way == "native":
                _native(lab, found)
        if way == "docker":
            _docker(lab, found)
        _tell_of_later(lab, found, LATER if way == "native" else BESIDE_CONTAINERS)


def _tell_of_later(lab: Lab, found: Stick, names: Sequence[str]) -> None:
    """Says what somebody with the right must type for what is lacking still, since it needs the stick."""
    lacking = [name for name in names if not packages.found(name)]
    if not lacking or not found.holds(f"{stick.PACKAGES}/{stick.distribution_tag()}"):
        return
    found.check(found.packages(), say)
    apt = found.apt(packages.made(packages.cache(lab) / "stick"))
    line = f"sudo {shlex.join([*apt, 'update'])} && sudo {shlex.join(packages.install_command(lacking, apt))}"
    say(_("some lessons need more packages; while the stick is here, type: {line}", line=escape(line)))


def _native(lab: Lab, found: Stick) -> None:
    # Nobody without the right to install is refused for want of what is needed later; who needs help anyway, asks once.
    along = LATER if packages.may_install() or packages.missing() else ()
    packages.ensure(lab, lambda missing: _apt(lab, found, missing), along)


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
