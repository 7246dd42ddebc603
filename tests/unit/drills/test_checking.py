"""``./lab ledger`` without a history that it could account for: in words, before any server is asked."""

from pathlib import Path

import pytest

from cli.errors import Failed
from drills import checking
from tests.unit.cli.fakes import a_lab


def refusal(lab: Path, history: Path | None) -> Failed:
    """The error of a ledger over this file."""
    with pytest.raises(Failed) as caught:
        checking.ledger(a_lab(lab), history, None)
    assert ("ledger", 1) == (caught.value.part, caught.value.exit_code)
    return caught.value


def test_before_anything_was_sent_it_says_how_to_send(tmp_path: Path) -> None:
    """The usual first mistake."""
    error = refusal(tmp_path, None)
    assert "./lab send has sent nothing yet" in str(error)
    assert "./lab send 1000" in error.mend


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With how to get one there."""
    error = refusal(tmp_path, tmp_path / "nowhere")
    assert f"there is no history at {tmp_path / 'nowhere'}" == str(error)
    assert "./lab send --history FILE" in error.mend


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no history", "is no history: line 1 is no line of a history"),
        (b'{"mark": "m"}\n{"key": 1}', "is no history: line 2 is no line of a history"),
        (b"\xff\xfe", "is no history"),
        (b"", "there is no request in"),
        (b'{"mark": "m"}\n', "there is no request in"),
    ],
)
def test_a_file_that_is_no_history_is_named_with_the_reason(tmp_path: Path, content: bytes, words: str) -> None:
    """Also one without a request: an account of nothing would hold."""
    file = tmp_path / "history.jsonl"
    file.write_bytes(content)
    error = refusal(tmp_path, file)
    assert words in str(error)
    assert str(file) in str(error)
    assert "./lab send --history FILE" in error.mend


def test_a_folder_is_no_history(tmp_path: Path) -> None:
    """And no fault of the command line."""
    assert f"{tmp_path} cannot be read: Is a directory" == str(refusal(tmp_path, tmp_path))
