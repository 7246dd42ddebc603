"""Changing a name of a service from outside, so that it can be put back, and loudly where the name is gone."""

import importlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from typing import Any

from drills.plan import SPECIFICATION

PACKAGES = ("app", "asyncapp")
METRICS = "PROMETHEUS_MULTIPROC_DIR"


class CannotPlant(Exception):
    """What a specification says cannot be planted; the message says why."""


@dataclass
class Planting:
    """What is planted in one twin, by the name of its package."""

    package: str
    changed: list[tuple[Any, str, Any]] = field(default_factory=list)
    """What was changed: its owner, its name there, and the original."""

    def change(self, place: str, make: Callable[[Any], Any]) -> None:
        """Put what ``make`` makes of the original in its place, such as ``publisher.Publisher.publish``."""
        module, *path, name = place.split(".")
        owner: Any = importlib.import_module(f"{self.package}.{module}")
        for step in path:
            owner = vars(owner).get(step)
            if owner is None:
                raise CannotPlant(f"{self.package} has no {place}: there is no {step}")
        if name not in vars(owner):
            raise CannotPlant(f"{self.package} has no {place}: it was renamed, and what is planted there must follow")
        original = vars(owner)[name]
        self.changed.append((owner, name, original))
        setattr(owner, name, make(original))

    def restore(self) -> None:
        """Everything is as it was."""
        while self.changed:
            owner, name, original = self.changed.pop()
            setattr(owner, name, original)


def specifications(environ: Mapping[str, str]) -> list[str]:
    """What is to be planted, as the environment says; raises CannotPlant where that is no list of words."""
    try:
        found = json.loads(environ.get(SPECIFICATION) or "[]")
    except ValueError as error:
        raise CannotPlant(f"{SPECIFICATION} is not JSON: {error}") from error
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise CannotPlant(f"{SPECIFICATION} must be a list of words, not {found!r}")
    return found


def package_of(words: Iterable[str]) -> str:
    """The twin that a command line runs: the package that its words name."""
    for word in words:
        name = re.split(r"[./:]", word)[0]
        if name in PACKAGES:
            return name
    raise CannotPlant(f"no word of the command is of {' or '.join(PACKAGES)}")


def keep_metrics_together(words: Iterable[str], environ: dict[str, str] | Any = os.environ) -> None:
    """What is planted imports the services before gunicorn's settings name the folder of its processes' metrics."""
    if "gunicorn" in words and METRICS not in environ:
        environ[METRICS] = tempfile.mkdtemp(prefix="tasklab-inside-")


def unchanged(original: Any) -> Any:
    """The original: for a name that something planted only uses, and that must be there."""
    return original


def alike(original: Callable[..., Any], body: Callable[..., Any]) -> Callable[..., Any]:
    """``body``, to be awaited where the original is."""
    if not iscoroutinefunction(original):
        return body

    async def awaited(*given: Any, **named: Any) -> Any:
        return body(*given, **named)

    return awaited


def around(
    original: Callable[..., Any], before: Callable[[], Any], after: Callable[[Any, Any], Any]
) -> Callable[..., Any]:
    """The original between two others: ``before`` draws what is to happen, ``after`` gets that and the result.

    In the sync case it is called, in the async case awaited; what the two others raise, the caller sees.
    """

    def called(*given: Any, **named: Any) -> Any:
        drawn = before()
        return after(drawn, original(*given, **named))

    async def awaited(*given: Any, **named: Any) -> Any:
        drawn = before()
        return after(drawn, await original(*given, **named))

    return awaited if iscoroutinefunction(original) else called
