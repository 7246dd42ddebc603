"""Which parts are measured, and in which order."""

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
