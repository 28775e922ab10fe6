"""What lets a bot in, for each time that it joins: some tokens are good for one."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from minutebook.bots.protocol import Orders
from minutebook.bots.runner.delivery.home import HomeError

log = logging.getLogger(__name__)

PROBLEM: Final = "problem"
RENEWED_WITHIN_S: Final = 8.0
"""A bot on its way back into a call does not wait longer, and tries what it has."""


class Access:
    """First what the orders hold, which is fresh; from then on what `ask` has home say anew, as long as it does."""

    def __init__(self, orders: Orders, ask: Callable[[], Awaitable[Orders]]) -> None:
        self._known: Mapping[str, str] = orders.zoom
        self._ask = ask
        self._used = False

    async def __call__(self) -> Mapping[str, str]:
        """By names as in `Orders.zoom`."""
        if self._used and self._known:
            await self._renew()
        self._used = True
        return self._known

    async def _renew(self) -> None:
        try:
            async with asyncio.timeout(RENEWED_WITHIN_S):
                told = (await self._ask()).zoom
        except (HomeError, TimeoutError) as error:
            log.info("nothing new to get in with: %s", str(error) or "home took too long")
            return
        if PROBLEM not in told:
            self._known = told
