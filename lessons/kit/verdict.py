"""What a check finds: that something is not yet as it should be, or that it cannot be judged now."""


class NotYet(Exception):
    """The student's work does not do this yet: what was expected, what was seen, and where the chain breaks first."""

    def __init__(self, expected: str, seen: str, hop: str = "") -> None:
        super().__init__(f"expected {expected}; seen: {seen}")
        self.expected = expected
        self.seen = seen
        self.hop = hop


class CannotJudge(Exception):
    """The lab around the student's work does not work, so nothing can be said about it. ``mend`` says what to do."""

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.mend = mend


def expect(holds: object, expected: str, seen: object, hop: str = "") -> None:
    """Raises NotYet unless it holds."""
    if not holds:
        raise NotYet(expected, str(seen), hop)
