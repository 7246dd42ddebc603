"""What a specification means: ``crash``, ``mutant:NAME`` or ``flaky:POINT:SHARE:SEED``."""

from drills.inside.crash import crash
from drills.inside.defects import DEFECTS
from drills.inside.flaky import POINTS, Chance
from drills.inside.hits import Hits
from drills.inside.planting import CannotPlant, Planting


def plant(specification: str, planting: Planting) -> None:
    """Plant what one specification says; raises CannotPlant where it says nothing that is known."""
    kind, *rest = specification.split(":")
    if specification == "crash":
        crash(planting)
    elif kind == "mutant" and len(rest) == 1 and rest[0] in DEFECTS:
        DEFECTS[rest[0]](planting)
    elif kind == "flaky" and len(rest) == 3 and rest[0] in POINTS:
        POINTS[rest[0]](planting, _chance(specification, planting.package, *rest))
    else:
        raise CannotPlant(f"nobody knows what {specification!r} is")


def _chance(specification: str, package: str, point: str, share: str, seed: str) -> Chance:
    try:
        return Chance(float(share), f"{point}:{seed}", Hits(package, point))
    except ValueError as error:
        raise CannotPlant(f"{specification!r}: {error}") from error
