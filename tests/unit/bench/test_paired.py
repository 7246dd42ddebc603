"""What costs some hundredths is compared in short turns."""

from bench import paired


def test_turns_are_taken_so_that_a_drift_changes_both_alike() -> None:
    """Neither is always the second."""
    assert [(1, "a"), (1, "b"), (2, "b"), (2, "a"), (3, "a"), (3, "b")] == list(paired.turns(("a", "b"), 3))
