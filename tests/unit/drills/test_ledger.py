"""The account of every task: what makes each column, and what is wrong about a task that is wrong."""

from pathlib import Path

import pytest

from drills.entries import KINDS, Account, Facts, Letter, Stored, Waiting
from drills.history import History, Outcome, Request, hash_of, read
from drills.ledger import account


def a_request(number: int, outcome: Outcome = Outcome.OK, **changes: object) -> Request:
    """What a client knows of its request."""
    fields = {
        "key": f"task {number}",
        "body": hash_of(f"task {number}", "mark"),
        "api": "flask",
        "start": 100.0,
        "end": 100.25,
        "outcome": outcome,
        "status": {Outcome.OK: 202, Outcome.REFUSED: 503, Outcome.UNKNOWN: 0}[outcome],
        "id": f"id-{number}" if outcome is Outcome.OK else "",
    }
    return Request(**{**fields, **changes})  # type: ignore[arg-type]


def a_stored(number: int, **changes: object) -> Stored:
    """What the database has of it."""
    fields = {"id": f"id-{number}", "key": f"task {number}", "body": hash_of(f"task {number}", "mark")}
    return Stored(**{**fields, **changes})  # type: ignore[arg-type]


def accounted(requests: list[Request], facts: Facts, poison: tuple[str, ...] = ()) -> Account:
    """The account of these."""
    return account(History("mark", requests), facts, poison)


def wrongs(found: Account) -> dict[str, int]:
    """The columns that must be zero and are not."""
    return {kind: getattr(found, kind) for kind in KINDS if getattr(found, kind)}


def test_everything_accepted_and_stored_holds() -> None:
    """The usual case."""
    found = accounted([a_request(1), a_request(2)], Facts([a_stored(1), a_stored(2)]))
    assert (2, 2, 2, True, {}) == (found.offered, found.accepted, found.stored, found.holds, wrongs(found))


def test_accepted_and_nowhere_is_lost() -> None:
    """With everything that is known of it."""
    found = accounted([a_request(1), a_request(2)], Facts([a_stored(1)]))
    assert {"lost": 1} == wrongs(found)
    assert "id-2" == found.wrong[0].id
    assert "'task 2' to flask: ok 202 after 0.250 s" == found.wrong[0].known


def test_accepted_and_still_waiting_is_not_lost_but_not_at_rest_either() -> None:
    """The account holds at rest."""
    found = accounted([a_request(1)], Facts(queued=[Waiting("id-1", "task 1", "work.retry.1000")]))
    assert ({}, 1, False) == (wrongs(found), found.queued, found.holds)


def test_what_a_worker_still_holds_is_not_at_rest() -> None:
    """It may come to something yet."""
    assert not accounted([a_request(1)], Facts([a_stored(1)], unacknowledged=1)).holds


def test_unknown_and_stored_is_recovered() -> None:
    """Legal: the client was told that nobody knows."""
    found = accounted([a_request(1, Outcome.UNKNOWN), a_request(2, Outcome.UNKNOWN)], Facts([a_stored(1)]))
    assert (2, 1, True) == (found.unknown, found.recovered, found.holds)


def test_one_task_under_two_ids_is_duplicated() -> None:
    """And named with both."""
    found = accounted([a_request(1)], Facts([a_stored(1), a_stored(1, id="id-other")]))
    assert {"duplicated": 1} == wrongs(found)
    assert "id-1, id-other" in found.wrong[0].known


def test_stored_and_offered_by_nobody_is_a_phantom() -> None:
    """Whoever stored it."""
    assert {"phantom": 1} == wrongs(accounted([], Facts([a_stored(1)])))


def test_refused_and_stored_is_wrong() -> None:
    """The client was told that nothing was queued, and may have sent it again."""
    assert {"refused_but_stored": 1} == wrongs(accounted([a_request(1, Outcome.REFUSED)], Facts([a_stored(1)])))


def test_another_body_than_the_one_offered_is_changed() -> None:
    """Found by the hash of what the client decides."""
    found = accounted([a_request(1)], Facts([a_stored(1, body=hash_of("task 1", "other notes"))]))
    assert {"changed": 1} == wrongs(found)


def test_a_dead_letter_that_no_poison_explains_is_wrong() -> None:
    """Although its task is not lost."""
    found = accounted([a_request(1)], Facts(dead=[Letter("id-1", "task 1", "given up")]))
    assert ({"unaccounted_dead": 1}, {"given up": 1}) == (wrongs(found), dict(found.reasons))


def test_poison_among_the_dead_letters_is_as_it_should_be() -> None:
    """Its neighbours are stored."""
    found = accounted([a_request(1)], Facts([a_stored(1)], [Letter("", "poison", "not JSON")]), ("poison",))
    assert (1, True) == (found.dead, found.holds)


def test_poison_that_is_no_dead_letter_is_wrong() -> None:
    """It has been swallowed."""
    found = accounted([], Facts(), ("poison",))
    assert {"unaccounted_dead": 1} == wrongs(found)
    assert "no dead letter" in found.wrong[0].known


def test_a_key_repeated_by_many_clients_is_one_task() -> None:
    """Each of them was told the same id."""
    found = accounted([a_request(1), a_request(1)], Facts([a_stored(1)]))
    assert (2, 1, True) == (found.accepted, found.stored, found.holds)


def test_a_history_is_read_as_it_was_written(tmp_path: Path) -> None:
    """One line a request."""
    history = History("mark", [a_request(1), a_request(2, Outcome.UNKNOWN, said="TimeoutError")])
    history.write(tmp_path / "history.jsonl")
    assert history == read(tmp_path / "history.jsonl")
    assert 3 == len((tmp_path / "history.jsonl").read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("line", ["no JSON", '{"key": "x"}', "[]", '{"key": "x", "outcome": "perhaps"}'])
def test_a_line_that_is_none_of_a_history_is_named(tmp_path: Path, line: str) -> None:
    """By its number."""
    path = tmp_path / "history.jsonl"
    path.write_text(f'{{"mark": "m"}}\n{line}\n', encoding="utf-8")
    with pytest.raises(ValueError, match="line 2"):
        read(path)


def test_the_hash_tells_everything_the_client_decides() -> None:
    """And nothing else."""
    hashes = [hash_of("a"), hash_of("b"), hash_of("a", "notes"), hash_of("a", io_ms=1), hash_of("a", cpu_ms=1)]
    assert 5 == len(set(hashes))
    assert hash_of("a") == hash_of("a", "", 0, 0)
