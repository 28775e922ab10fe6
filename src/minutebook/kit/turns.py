"""Who comes next where only one can: callers in rotation, each caller's own in the order they came. Pure.

However many of one caller wait, everybody else waits for one of them per round.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item", bound=Hashable)


class Turns(Generic[Key, Item]):
    """Items that wait, by the key of who they wait for."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[Key, OrderedDict[Item, None]] = OrderedDict()

    def __len__(self) -> int:
        return sum(len(items) for items in self._waiting.values())

    def add(self, key: Key, item: Item) -> None:
        """It waits, behind the others of its key; a key that is new comes behind the other keys."""
        self._waiting.setdefault(key, OrderedDict())[item] = None

    def discard(self, key: Key, item: Item) -> None:
        """It waits no more, if it did."""
        items = self._waiting.get(key, OrderedDict())
        items.pop(item, None)
        if not items:
            self._waiting.pop(key, None)

    def next(self) -> Item | None:
        """Take out whose turn it is; its key goes to the end. None when nobody waits."""
        if not self._waiting:
            return None
        key, items = self._waiting.popitem(last=False)
        item, _ = items.popitem(last=False)
        if items:
            self._waiting[key] = items
        return item
