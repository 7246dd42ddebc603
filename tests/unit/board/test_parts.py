"""What a part is seen to be, from one look to the next."""

from board.parts import BACK, DOWN, READY, UNREADY, Part, summary


def test_a_part_that_was_away_is_seen_to_have_been() -> None:
    """For a while: nobody would see a second's absence on a wall."""
    part = Part("http://x/readyz")
    part.seen(READY, "", 10.0)
    part.seen(DOWN, "nobody answers", 11.0)
    part.seen(READY, "", 12.0)
    assert (BACK, True) == (part.state, bool(part.why))
    part.seen(READY, "", 14.5)
    assert (READY, "") == (part.state, part.why)


def test_a_process_that_was_killed_between_two_looks_was_away() -> None:
    """It has begun at another moment than the one before."""
    part = Part("http://x/readyz")
    part.seen(READY, "", 10.0)
    part.began(100.0, 10.0)
    part.began(100.0, 11.0)
    assert READY == part.state
    part.began(111.5, 12.0)
    part.seen(READY, "", 12.5)
    assert BACK == part.state


def test_several_workers_are_as_well_as_the_worst_of_them() -> None:
    """With how many there are."""
    parts = {name: Part(name) for name in "abc"}
    for part, state in zip(parts.values(), (READY, UNREADY, DOWN), strict=True):
        part.seen(state, "", 10.0)
    found = summary(parts)
    assert (DOWN, 1, 3) == (found["state"], found["ready"], found["known"])
