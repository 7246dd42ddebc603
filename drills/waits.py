"""What a drill can wait for: each wait has a deadline, and says what it has waited for in vain."""

from collections.abc import Sequence

from pymongo.errors import PyMongoError

from drills.history import Outcome
from drills.record import Record
from drills.sides import Side
from drills.waiting import wait_until, wait_until_no_error

BACK_WITHIN = 30.0
SERVED_WITHIN = 5.0


class Waits(Record):
    """A record, and the waits that go with it."""

    def wait_for_accepted(self, count: int, within: float = 20.0) -> None:
        """Returns when each twin has accepted that many more tasks."""
        wanted = {side: len(self.requests(side, Outcome.OK)) + count for side in self.sides}

        def enough() -> bool:
            return all(len(self.requests(side, Outcome.OK)) >= number for side, number in wanted.items())

        wait_until(enough, within, f"{count} more tasks are accepted")

    def wait_for_accepted_after(self, side: Side, moment: float, within: float = BACK_WITHIN) -> float:
        """When a twin accepted its first task that was sent after that moment; waits for it."""

        def first() -> float:
            return min((one.end for one in self.requests(side, Outcome.OK) if one.start > moment), default=0.0)

        return wait_until(first, within, f"{side.name} accepts a task", poll=0.02)

    def wait_for_stored_after(self, side: Side, moment: float, within: float = BACK_WITHIN) -> float:
        """When a twin first stored a task after that moment; waits for it."""

        def first() -> float:
            stored = self.stage.database.stored_since(moment, [side.name])
            return min((task.at for task in stored), default=0.0)

        return wait_until_no_error(
            lambda: wait_until(first, within, f"{side.worker} stores a task"), within, (PyMongoError,)
        )

    def wait_until_served_after(self, side: Side, moment: float, event: str) -> None:
        """Returns when a twin has accepted and stored a task after the event's moment; two figures say how soon."""
        accepted = self.wait_for_accepted_after(side, moment)
        stored = self.wait_for_stored_after(side, moment)
        self.figure(side, f"{event} → first 202, s", accepted - moment, SERVED_WITHIN)
        self.figure(side, f"{event} → first stored, s", stored - moment, SERVED_WITHIN)

    def wait_until_processes(self, service: str, count: int, other_than: Sequence[int] = ()) -> None:
        """Returns when a service has that many worker processes, and none of those named."""

        def there() -> bool:
            now = self.stage.pids(service, "worker")
            return len(now) >= count and not set(now) & set(other_than)

        wait_until(there, BACK_WITHIN, f"{service} has {count} processes")

    def wait_until_stored(self, ids: Sequence[str]) -> None:
        """Returns when all of these tasks are stored."""
        wanted = {"_id": {"$in": list(ids)}}
        wait_until(lambda: self.stage.database.count(wanted) == len(set(ids)), BACK_WITHIN, "they are stored")

    def wait_until_connections(self, most: int) -> None:
        """Returns when the broker has no more connections than that; TooLate where they pile up."""

        def few() -> bool:
            return len(self.stage.broker.api("GET", "/connections").json()) <= most

        wait_until(few, BACK_WITHIN, f"the broker has at most {most} connections", poll=0.5)

    def wait_until_unacknowledged(self, side: Side, count: int = 1, within: float = 20.0) -> None:
        """Returns when that many messages are in the hands of a twin's worker."""

        def held() -> bool:
            return self.stage.broker.held(side.topology) >= count

        wait_until(held, within, f"{side.worker} holds {count} messages", poll=0.1)

    def wait_for_dead(self, side: Side, count: int, within: float) -> None:
        """Returns when that many dead letters of a twin are there."""
        name = side.topology.dead.name
        wait_until(lambda: self.stage.broker.ready(name) >= count, within, f"{count} dead letters", poll=0.2)
