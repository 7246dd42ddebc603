"""The passport of a task as a table, and the words for a task that is stuck."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cli.errors import WrongUse
from cli.evidence import DeadLetter, Queues, QueueState, accepted_at, given_up, together
from cli.trace import checked, hops, moment, where_stuck
from core.ids import id_of_key, new_id

TASK: dict[str, Any] = {
    "id": "x",
    "work": {"io_ms": 200, "cpu_ms": 0},
    "passport": {
        "request_id": "r1",
        "producer": {"name": "flask", "host": "here"},
        "worker": {"name": "pyworker", "host": "there"},
        "attempt": 2,
        "redelivered": True,
        "times": {
            "nginx": "2026-01-01T00:00:00.000Z",
            "accepted": "2026-01-01T00:00:00.002Z",
            "received": "2026-01-01T00:00:01.002Z",
            "stored": "2026-01-01T00:00:01.202Z",
        },
    },
}


def test_each_hop_says_how_long_the_one_before_lasted() -> None:
    """nginx is the first and waited for nobody."""
    assert [hop.after_ms for hop in hops(TASK)] == [None, 2, 1000, 200]


def test_the_hops_say_who_did_what() -> None:
    """Names, hosts, attempt, work."""
    words = "\n".join(hop.what for hop in hops(TASK))
    for part in ("r1", "flask on here", "pyworker on there", "attempt 2", "delivered once before", "200 ms waiting"):
        assert part in words


def test_a_task_that_did_not_pass_nginx_has_no_time_there() -> None:
    """And the next hop has nothing to be compared with."""
    passport = {**TASK["passport"], "times": {**TASK["passport"]["times"], "nginx": None}}
    first, second, *_ = hops({**TASK, "passport": passport})
    assert (first.time, first.what, second.after_ms) == (None, "did not pass nginx", None)


def test_times_are_understood_as_json_and_as_the_database_has_them() -> None:
    """Without a zone they are UTC."""
    expected = datetime(2026, 1, 1, tzinfo=UTC)
    assert [expected, expected] == [moment("2026-01-01T00:00:00Z"), moment(datetime(2026, 1, 1))]  # noqa: DTZ001


def test_an_id_tells_when_it_was_made() -> None:
    """UUIDs of version 7 begin with their time."""
    assert datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC) == accepted_at(new_id(1000, bytes(10)))


def test_an_id_of_a_key_does_not_tell() -> None:
    """It is the same at any time."""
    assert accepted_at(id_of_key("k")) is None


def test_what_is_no_id_is_refused() -> None:
    """As wrong use, which is exit code 2."""
    with pytest.raises(WrongUse) as caught:
        checked("42")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("queues", "part"),
    [
        (Queues(missing="RabbitMQ does not answer"), "cannot be said"),
        (Queues(dead_letter=DeadLetter("no task", 1, "2026")), "dead letter at 2026, after 1 attempt(s): no task"),
        (Queues(retry_queue="q.retry.1000"), "waits in q.retry.1000"),
        (Queues(no_database="mongod does not answer"), "Nothing can be stored now: mongod does not answer"),
        (Queues((QueueState("q", 3, 0),)), "3 message(s) wait in q and nobody consumes it"),
        (Queues((QueueState("q", 3, 2),), unacknowledged=5), "the 3 that wait in q or the 5 that workers hold"),
        (Queues((QueueState("q", 0, 2),), unacknowledged=0), "No queue holds it"),
        (Queues(), "There is no queue q"),
    ],
)
def test_a_stuck_task_is_told_where_it_is(queues: Queues, part: str) -> None:
    """From what the broker says, the surest sign first."""
    assert part in where_stuck(queues, "q")[0]


def test_a_work_queue_of_several_shards_is_told_as_one() -> None:
    """A shard that nobody consumes is one too many."""
    shards = [QueueState("q", 3, 2), QueueState("q.2", 4, 0)]
    assert (QueueState("q", 7, 0),) == together("q", shards)


def test_a_shard_that_is_missing_is_told() -> None:
    """As if the whole queue were."""
    assert () == together("q", [QueueState("q", 3, 2), None])


def test_a_worker_s_log_tells_of_a_dead_letter() -> None:
    """Without touching the queue."""
    line = '{"event":"not stored","task_id":"x","reason":"no task","attempt":5,"dead-at":"2026"}'
    assert given_up(line) == DeadLetter("no task", 5, "2026")


@pytest.mark.parametrize("line", ["", "Traceback", "[]", '{"event":"not stored","reason":"later"}'])
def test_other_log_lines_tell_of_none(line: str) -> None:
    """Another attempt is no end."""
    assert given_up(line) is None
