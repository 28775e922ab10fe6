"""How many meetings a list has. Counting all of a long list costs more than showing a page of it: beyond `EXACT` the
number may be half a minute old."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from minutebook.kit.clock import Clock

EXACT: Final = 1000
KEPT_FOR: Final = timedelta(seconds=30)
_LISTS: Final = 1000
"""Lists whose number is remembered."""

Count = Callable[[int | None], Awaitable[int]]
"""Counts, at most so many."""


class Totals:
    """Remembers the numbers of long lists, by what tells lists apart."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[object, tuple[datetime, int]] = {}

    async def of(self, what: object, count: Count) -> int:
        """The number of a list."""
        few = await count(EXACT + 1)
        if few <= EXACT:
            return few
        now = self._clock.now()
        known = self._known.get(what)
        if known is not None and now - known[0] < KEPT_FOR:
            return known[1]
        total = await count(None)
        while len(self._known) >= _LISTS:
            self._known.pop(next(iter(self._known)))
        self._known.pop(what, None)
        self._known[what] = (now, total)
        return total
