"""The one turn to write that SQLite has, and whose it is next: a flood from one caller delays only that caller."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

from minutebook.kit.turns import Caller, Turns

_SERVER = Caller("server", "")
_caller: ContextVar[Caller] = ContextVar("who a task writes for", default=_SERVER)


def writes_for(kind: str, name: str) -> None:
    """From here on this task (and what it starts) takes its turns to write as this caller: a user, a place that is
    known, or an address; a kind of its own for each that is harder to make up than another. Who says nothing shares
    the turns of the server's own work."""
    _caller.set(Caller(kind, name))


class Writing:
    """Hands the turn on from one to the next, kinds of callers and callers in rotation."""

    def __init__(self) -> None:
        self._taken = False
        self._waiting: Turns[asyncio.Future[None]] = Turns()

    @property
    def waiting(self) -> int:
        """How many wait for the turn."""
        return len(self._waiting)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for the turn, and have it until the block ends."""
        if self._taken:
            await self._given()
        self._taken = True
        try:
            yield
        finally:
            self._hand_on()

    async def _given(self) -> None:
        caller, given = _caller.get(), asyncio.get_running_loop().create_future()
        self._waiting.add(caller, given)
        try:
            await given
        except asyncio.CancelledError:
            self._waiting.discard(caller, given)
            if not given.cancelled():  # the turn was given to one who is no longer there
                self._hand_on()
            raise

    def _hand_on(self) -> None:
        following = self._waiting.next()
        while following is not None and following.cancelled():  # whose task has not heard of it yet
            following = self._waiting.next()
        self._taken = following is not None
        if following is not None:
            following.set_result(None)
