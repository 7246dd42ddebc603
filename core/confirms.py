"""Publishes that wait for the broker's confirm, by delivery tag."""

from itertools import takewhile
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Outstanding(Generic[Item]):
    """What was published on one channel and is not confirmed yet. The broker counts tags from 1 on every channel."""

    def __init__(self) -> None:
        self._items: dict[int, Item] = {}
        self._last = 0

    def __len__(self) -> int:
        return len(self._items)

    def oldest(self) -> Item | None:
        """What has waited longest, or None. Safe to ask from any thread."""
        try:
            return next(iter(self._items.values()), None)
        except RuntimeError:  # It has changed in between, so something was answered just now.
            return None

    def add(self, item: Item) -> int:
        """Remember the next publish; its delivery tag."""
        self._last += 1
        self._items[self._last] = item
        return self._last

    def settle(self, tag: int, multiple: bool) -> list[Item]:
        """Forget, and return, what the broker has answered: one tag, or with ``multiple`` every tag up to it."""
        if not multiple:
            return [self._items.pop(tag)] if tag in self._items else []
        tags = list(takewhile(lambda waiting: waiting <= tag, self._items))
        return [self._items.pop(waiting) for waiting in tags]

    def clear(self) -> list[Item]:
        """Forget, and return, everything: the channel is gone and will never answer."""
        items = list(self._items.values())
        self._items.clear()
        self._last = 0
        return items
