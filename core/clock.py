"""Times as the lab writes them: UTC, whole milliseconds, because BSON keeps no more."""

from datetime import UTC, datetime


def at(epoch_seconds: float) -> datetime:
    """The moment ``epoch_seconds`` after 1970, in UTC, cut to the millisecond."""
    moment = datetime.fromtimestamp(epoch_seconds, UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def text(moment: datetime) -> str:
    """A moment as the lab shows it, always with three digits of a second, so that times sort as text."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def milliseconds_between(earlier: datetime, later: datetime) -> int:
    """Whole milliseconds from one moment to the other; never negative, since clocks of two hosts may disagree."""
    return max(0, to_ms(later) - to_ms(earlier))
