"""The drills by exhibit, and all of them at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lessons.kit.museum import producers, services, stores, workers
from lessons.kit.museum.room import Room, room_of
from lessons.kit.place import Place
from lessons.kit.verdict import NotYet

AT_ONCE = 6
"""Most of a drill is waiting, so a small computer stands six."""


@dataclass(frozen=True)
class Drill:
    """Some load, one fault, and a look at what became of everything. It knows nothing of which defect there is."""

    fault: str
    """What is done to the exhibit, in words."""
    look: Callable[[Room], object]
    """Raises NotYet where something is not as it should be; else what was seen."""


@dataclass(frozen=True)
class Found:
    """What a drill has seen of an exhibit."""

    exhibit: str
    fault: str
    seen: str = ""
    """Where all is well."""
    missing: NotYet | None = None

    @property
    def holds(self) -> bool:
        """Whether the drill found nothing."""
        return self.missing is None


DRILLS: Mapping[str, Drill] = {
    "exhibit_01": Drill("the store goes away in the middle; the worker is killed and started again", workers.away),
    "exhibit_02": Drill("some tasks are sent; what would a restart of the broker leave of them?", producers.restarted),
    "exhibit_03": Drill("the worker is killed when the store has a task and has not yet said so", workers.unanswered),
    "exhibit_04": Drill("the store takes its time, and a second worker comes to help", workers.helped),
    "exhibit_05": Drill("the store takes its time with one client's task, and another client asks", services.asked),
    "exhibit_06": Drill("there is room in the queue for half of the tasks", producers.full),
    "exhibit_07": Drill("the broker is slow with its first confirms, and sends them together", producers.together),
    "exhibit_08": Drill(
        "the store answers two tasks too late: it has written one of them, and not the other", stores.late
    ),
    "exhibit_09": Drill("among the tasks are messages that are none", workers.poisoned),
    "exhibit_10": Drill("the store refuses everything for a while", stores.refused),
    "exhibit_11": Drill("the store refuses one task, and takes its neighbours", stores.choosy),
    "exhibit_12": Drill("the broker takes nothing for a while, and many tasks come", services.flooded),
}


def run(place: Place, exhibit: str) -> Found:
    """What the drill of an exhibit sees; nothing of it is left in the lab."""
    drill, room = DRILLS[exhibit], room_of(place, exhibit)
    try:
        seen = str(drill.look(room))
    except NotYet as missing:
        return Found(exhibit, drill.fault, missing=missing)
    finally:
        room.clean()
    return Found(exhibit, drill.fault, seen)


def run_all(place: Place, exhibits: Iterable[str]) -> Iterator[Found]:
    """Several at the same time, in their order; each has a room of its own."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(lambda exhibit: run(place, exhibit), exhibits)
