"""Publishes that wait for the broker's confirm."""

from hypothesis import given
from hypothesis import strategies as st

from core.confirms import Outstanding


def outstanding(*items: str) -> Outstanding[str]:
    """Items published in this order, with the tags 1, 2, 3 …"""
    waiting: Outstanding[str] = Outstanding()
    for item in items:
        waiting.add(item)
    return waiting


def test_tags_count_from_one() -> None:
    """As the broker's do."""
    waiting = outstanding()
    assert [1, 2] == [waiting.add("a"), waiting.add("b")]


def test_one_confirm_settles_one_publish() -> None:
    """The others go on waiting."""
    waiting = outstanding("a", "b", "c")
    assert ["b"] == waiting.settle(2, multiple=False)
    assert 2 == len(waiting)


def test_a_multiple_confirm_settles_everything_up_to_its_tag() -> None:
    """The broker answers many publishes at once when it is busy."""
    waiting = outstanding("a", "b", "c", "d")
    assert ["a", "b", "c"] == waiting.settle(3, multiple=True)
    assert "d" == waiting.oldest()


def test_confirms_may_come_out_of_order() -> None:
    """A later message can be safe before an earlier one."""
    waiting = outstanding("a", "b", "c")
    assert [["c"], ["a"], ["b"]] == [waiting.settle(tag, multiple=False) for tag in (3, 1, 2)]


def test_a_multiple_confirm_skips_what_is_settled_already() -> None:
    """Each publish is answered once."""
    waiting = outstanding("a", "b", "c")
    waiting.settle(2, multiple=False)
    assert ["a", "c"] == waiting.settle(3, multiple=True)


def test_a_confirm_for_an_unknown_tag_settles_nothing() -> None:
    """It must not raise on the connection's thread."""
    waiting = outstanding("a")
    assert ([], []) == (waiting.settle(7, multiple=False), waiting.settle(0, multiple=True))


def test_the_oldest_is_the_one_that_has_waited_longest() -> None:
    """Whatever came later."""
    assert "a" == outstanding("a", "b").oldest()


def test_nothing_waits_at_first() -> None:
    """So nothing is old."""
    assert outstanding().oldest() is None


def test_a_lost_channel_hands_back_everything_and_counts_anew() -> None:
    """Tags belong to a channel."""
    waiting = outstanding("a", "b")
    assert ["a", "b"] == waiting.clear()
    assert (0, 1) == (len(waiting), waiting.add("c"))


@given(st.integers(1, 30), st.lists(st.tuples(st.integers(0, 35), st.booleans())))
def test_every_publish_is_settled_exactly_once(count: int, confirms: list[tuple[int, bool]]) -> None:
    """By confirms in any order, single or multiple, and at last by the loss of the channel."""
    waiting = outstanding(*map(str, range(count)))
    settled = [item for tag, multiple in confirms for item in waiting.settle(tag, multiple)] + waiting.clear()
    assert sorted(map(str, range(count))) == sorted(settled)
