"""Whether the exhibits are named for what they do, and whether the drills that caught them find nothing any more."""

from lessons.kit.museum.drills import Found, run_all
from lessons.kit.museum.names import EXHIBITS, FILE, RIGHT, read
from lessons.kit.place import Place
from lessons.kit.steps import step
from lessons.kit.verdict import NotYet, expect

ENOUGH = 8


@step("names.txt says which defect an exhibit has")
def named(place: Place) -> None:
    """With names of the lesson's list; one is enough for a beginning."""
    expect(read(place.folder), f"a name for an exhibit in {FILE}", "no exhibit has a name yet")


@step("each of these names is what the exhibit's drill has shown")
def rightly(place: Place) -> None:
    """The first that is not."""
    told = read(place.folder)
    right = [exhibit for exhibit, defect in told.items() if defect == RIGHT[exhibit]]
    for exhibit, defect in sorted(told.items()):
        what = f"the name of what the drill of {exhibit} shows"
        expect(
            exhibit in right, what, f"{defect}, which is not what it does", f"right names: {len(right)} of {len(told)}"
        )


@step("the drill of each exhibit with a name finds nothing any more")
def mended(place: Place) -> None:
    """All of them, with the first that is not mended."""
    place.clean()
    found = list(run_all(place, sorted(read(place.folder))))
    for one in found:
        _must_hold(one, _progress(found))


def _must_hold(found: Found, progress: str) -> None:
    if found.missing is not None:
        missing = found.missing
        what = f"{found.exhibit} stands its drill ({found.fault}): {missing.expected}"
        raise NotYet(what, missing.seen, "; ".join(filter(None, (progress, missing.hop))))


def _progress(found: list[Found]) -> str:
    mended = [one.exhibit for one in found if one.holds]
    return f"mended: {len(mended)} of {len(EXHIBITS)}"


@step("at least eight of the twelve are named and mended")
def enough(place: Place) -> None:
    """The others are for whoever wants to see them as well."""
    told = read(place.folder)
    expect(len(told) >= ENOUGH, f"{ENOUGH} exhibits named and mended", f"so far: {len(told)}")
