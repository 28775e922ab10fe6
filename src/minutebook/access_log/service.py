"""The access log: who did what with a recording, and when; read by its owner, forgotten by age."""

import logging
from collections import OrderedDict
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.access_log import repository
from minutebook.access_log.model import Access, Action, Actor
from minutebook.db.database import Database
from minutebook.kit.clock import Clock
from minutebook.kit.ids import new_id

ONE_LINE: Final = timedelta(minutes=10)
"""A player asks for a recording in hundreds of pieces, a program polls: within this time that is one line."""
REMEMBERED: Final = 10_000
PAGE_MAX: Final = 500

log = logging.getLogger(__name__)

_Key = tuple[str, Actor, Action, str]


class AccessLog:
    """Keeps and shows accesses."""

    def __init__(self, clock: Clock, days: int) -> None:
        self._clock = clock
        self._kept = timedelta(days=days)
        self._recent: OrderedDict[_Key, datetime] = OrderedDict()

    async def note(
        self, db: Database, owner_id: str, recording_id: str, actor: Actor, action: Action, detail: str = ""
    ) -> None:
        """Keep an access, in a transaction of its own: what was let out is on record even if the answer is lost. When
        the database cannot be written, the program's log has it instead, and nobody is kept from their recording."""
        key, now = (recording_id, actor, action, detail), self._clock.now()
        last = self._recent.get(key)
        if last is not None and now - last < ONE_LINE:
            return
        access = Access(
            new_id(),
            recording_id,
            owner_id,
            actor.user_id,
            actor.via,
            actor.label[:200],
            action,
            detail[:100],
            now,
        )
        try:
            async with db.transaction() as tx:
                await repository.add(tx, access)
        except SQLAlchemyError:
            log.exception("an access could not be kept", extra=asdict(access))
            return
        self._recent[key] = now
        self._recent.move_to_end(key)
        while len(self._recent) > REMEMBERED:
            self._recent.popitem(last=False)

    async def of_recording(
        self, tx: AsyncConnection, owner_id: str, recording_id: str, limit: int = PAGE_MAX
    ) -> list[Access]:
        """The accesses of a recording of this owner, the newest first; at most `PAGE_MAX`."""
        return await repository.of_recording(tx, owner_id, recording_id, max(1, min(limit, PAGE_MAX)))

    async def forget_old(self, tx: AsyncConnection) -> None:
        """Remove what is older than it is kept."""
        await repository.forget(tx, self._clock.now() - self._kept)
