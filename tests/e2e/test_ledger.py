"""./lab ledger: the account that everybody can make of their own lab."""

import json
from pathlib import Path

import pytest

from drills.history import History, Outcome, Request, hash_of, read
from tests.support.api import Api, unique
from tests.support.stack import Stack


def ledger(stack: Stack, history: Path, result: Path) -> dict[str, object]:
    """What ``./lab ledger`` wrote; AssertionError with its words where something does not hold."""
    stack.lab("ledger", str(history), "--json", str(result))
    return dict(json.loads(result.read_text(encoding="utf-8")))


def test_what_was_sent_is_accounted_for(stack: Stack, tmp_path: Path) -> None:
    """Every task is stored once."""
    history = tmp_path / "history.jsonl"
    stack.lab("send", "60", "--history", str(history))
    found = ledger(stack, history, tmp_path / "ledger.json")
    assert (60, 60, 60, 0, True) == tuple(found[name] for name in ("offered", "accepted", "stored", "lost", "holds"))
    assert {Outcome.OK} == {request.outcome for request in read(history).requests}


def test_a_task_that_is_nowhere_is_lost(stack: Stack, api: Api, tmp_path: Path) -> None:
    """It is named, with what its client knows."""
    title = unique()
    task_id = api.send(title)
    told = Request(title, hash_of(title), api.name, 1.0, 1.25, Outcome.OK, 202, task_id)
    gone = Request(unique("gone"), hash_of("gone"), api.name, 1.0, 1.25, Outcome.OK, 202, unique("id"))
    History("", [told, gone]).write(tmp_path / "history.jsonl")

    with pytest.raises(AssertionError, match=rf"lost: {gone.id} '{gone.key}' to {api.name}: ok 202 after 0\.250 s"):
        ledger(stack, tmp_path / "history.jsonl", tmp_path / "ledger.json")
    found = json.loads((tmp_path / "ledger.json").read_text(encoding="utf-8"))
    assert (1, 1, False) == (found["stored"], found["lost"], found["holds"])


def test_a_task_that_was_refused_and_is_stored_is_wrong(stack: Stack, api: Api, tmp_path: Path) -> None:
    """As one whose body has changed."""
    title = unique()
    task_id = api.send(title)
    api.stored(task_id)
    refused = Request(title, hash_of("another"), api.name, 1.0, 1.25, Outcome.REFUSED, 503)
    History("", [refused]).write(tmp_path / "history.jsonl")

    with pytest.raises(AssertionError, match="refused but stored"):
        ledger(stack, tmp_path / "history.jsonl", tmp_path / "ledger.json")
    found = json.loads((tmp_path / "ledger.json").read_text(encoding="utf-8"))
    assert (1, 1) == (found["refused_but_stored"], found["changed"])


@pytest.mark.parametrize("text", ["no history", '{"key": 1}'])
def test_a_file_that_is_no_history_is_refused_in_words(stack: Stack, tmp_path: Path, text: str) -> None:
    """Naming the line."""
    (tmp_path / "history.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(AssertionError, match="line 1 is no line of a history"):
        ledger(stack, tmp_path / "history.jsonl", tmp_path / "ledger.json")


def test_a_history_that_is_not_there_says_how_to_get_one(stack: Stack, tmp_path: Path) -> None:
    """By sending tasks."""
    with pytest.raises(AssertionError, match=r"there is no history at .*\n.*\./lab send"):
        ledger(stack, tmp_path / "history.jsonl", tmp_path / "ledger.json")
