"""Every drill there is, in the order of the lessons that they belong to."""

from collections.abc import Iterator
from types import ModuleType

from drills.catalogue import (
    alarms,
    broker,
    controls,
    database,
    duplicates,
    freezes,
    inside,
    kills,
    links,
    lost,
    overload,
    poison,
    signals,
)
from drills.drill import Drill

GROUPS = (
    kills,
    signals,
    freezes,
    alarms,
    broker,
    database,
    poison,
    duplicates,
    overload,
    inside,
    lost,
    links,
    controls,
)


def everything() -> dict[str, Drill]:
    """The drills by name."""
    return {one.name: one for group in GROUPS for one in _drills(group)}


def _drills(group: ModuleType) -> Iterator[Drill]:
    for value in vars(group).values():
        if isinstance(value, Drill):
            yield value
    yield from getattr(group, "DRILLS", ())
