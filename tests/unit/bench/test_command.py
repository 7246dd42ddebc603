"""Which parts are measured, and in which order."""

import pytest

from bench.command import PARTS, choose
from cli.errors import WrongUse


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
