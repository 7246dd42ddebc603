"""Which parts are measured, and in which order."""

from pathlib import Path

import pytest

from bench import command
from bench.book import Bench, Wish
from bench.command import PARTS, choose
from bench.measure import Results
from cli.errors import Failed, WrongUse


def test_all_parts_are_measured_where_none_is_named() -> None:
    """In their own order."""
    assert list(PARTS) == choose(())


def test_parts_keep_their_order() -> None:
    """However they were named."""
    assert ["http", "drain"] == choose(("drain", "http", "drain"))


def test_a_part_there_is_not_is_wrong_use() -> None:
    """With the names of those there are."""
    with pytest.raises(WrongUse, match="speed") as caught:
        choose(("http", "speed"))
    assert all(name in str(caught.value.mend) for name in PARTS)


def test_a_part_that_breaks_off_is_noted_and_ends_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its values are missing, and the run is no success."""
    told: list[str] = []

    def breaks(_: Bench) -> None:
        raise Failed("wrk could not load it", part="bench")

    for before in ("put_back", "settle"):
        monkeypatch.setattr(command, before, lambda _: None)
    monkeypatch.setitem(PARTS, "http", breaks)
    bench = Bench(None, Wish(), told.append)  # type: ignore[arg-type]
    command._measure(bench, "http")
    assert (["http"], ["http broke off: Failed: wrk could not load it"]) == (bench.broken, bench.notes)
    assert not Results([], [], {}, 1.0, bench.notes, bench.broken).ok


@pytest.mark.parametrize("content", [None, "no JSON", "{}", '{"series": [{}]}'])
def test_an_earlier_run_that_cannot_be_read_is_told_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    """Not after an hour."""
    file = tmp_path / "bench.json"
    if content is not None:
        file.write_text(content)
    monkeypatch.setattr(command.wrk, "ensure", lambda: None)
    monkeypatch.setattr(command, "measure", lambda *_: pytest.fail("it has begun"))
    with pytest.raises(WrongUse, match="holds no run of the bench"):
        command.bench(command.Order(("http",), onto=file))
