"""Every demand, in the order in which they are looked at: what takes the queue away comes last."""

from conform import creating, refusing, serving, reading, listing, messages, documents, outages  # noqa: F401, I001
from conform.demand import KNOWN, PARTS, Demand

OUTAGES = "outages"
DURING_OUTAGES = frozenset({"refused", "unroutable", "returns"})
"""Those that take the queue away for a moment."""
GROUPS: dict[str, tuple[Demand, ...]] = {
    **{part: tuple(each for each in KNOWN if each.part == part and each.id not in DURING_OUTAGES) for part in PARTS},
    OUTAGES: tuple(each for each in KNOWN if each.id in DURING_OUTAGES),
}
ALL: tuple[Demand, ...] = tuple(each for group in GROUPS.values() for each in group)
