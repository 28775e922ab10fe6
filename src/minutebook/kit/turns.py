"""Who comes next where only one can: kinds of callers in rotation, the callers of a kind in rotation, each caller's own
in the order they came. Pure.

However many callers of one kind wait, and however many of one caller, every other kind has its turn per round.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, NamedTuple, TypeVar

Item = TypeVar("Item", bound=Hashable)


class Caller(NamedTuple):
    """Whose turn it is."""

    kind: str
    name: str


class Turns(Generic[Item]):
    """Items that wait, by who they wait for."""

    def __init__(self) -> None:
        self._kinds: OrderedDict[str, OrderedDict[str, OrderedDict[Item, None]]] = OrderedDict()

    def __len__(self) -> int:
        return sum(len(items) for names in self._kinds.values() for items in names.values())

    def add(self, caller: Caller, item: Item) -> None:
        """It waits, behind the others of its caller; a caller that is new comes behind the others of their kind, a
        kind that is new behind the other kinds."""
        names = self._kinds.setdefault(caller.kind, OrderedDict())
        names.setdefault(caller.name, OrderedDict())[item] = None

    def discard(self, caller: Caller, item: Item) -> None:
        """It waits no more, if it did."""
        names = self._kinds.get(caller.kind, OrderedDict())
        items = names.get(caller.name, OrderedDict())
        items.pop(item, None)
        if not items:
            names.pop(caller.name, None)
        if not names:
            self._kinds.pop(caller.kind, None)

    def next(self) -> Item | None:
        """Take out whose turn it is; its caller and its kind go to the end. None when nobody waits."""
        if not self._kinds:
            return None
        kind, names = self._kinds.popitem(last=False)
        name, items = names.popitem(last=False)
        item, _ = items.popitem(last=False)
        if items:
            names[name] = items
        if names:
            self._kinds[kind] = names
        return item
