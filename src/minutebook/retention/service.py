"""Retention: sound and meetings go when they are as old as their owner says; what is held stays."""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import Database
from minutebook.kit.clock import Clock
from minutebook.kit.ids import new_id
from minutebook.meetings.service import Meetings
from minutebook.preferences import repository as preferences_repository
from minutebook.preferences.model import Preferences
from minutebook.recordings.model import Recording
from minutebook.recordings.service import Recordings
from minutebook.retention import repository

AT_ONCE: Final = 100
RECEIPTS_SHOWN: Final = 20
COUNTED_MOST: Final = 10_000
Fact = Mapping[str, Any]


class Retention:
    """Removes what is too old, and keeps a receipt of it."""

    def __init__(self, db: Database, clock: Clock, meetings: Meetings, recordings: Recordings) -> None:
        self._db = db
        self._clock = clock
        self._meetings = meetings
        self._recordings = recordings

    async def receipts(self, tx: AsyncConnection, owner_id: str) -> Sequence[Mapping[str, Any]]:
        """What was removed of this owner's, the newest first."""
        return await repository.receipts_of(tx, owner_id, RECEIPTS_SHOWN)

    async def due(self, tx: AsyncConnection, owner_id: str, wished: Preferences) -> tuple[int, int]:
        """How many sounds, and how many whole meetings, the next sweep removes of this owner's; counted up to
        `COUNTED_MOST`."""
        now = self._clock.now()
        sounds: Sequence[str] = ()
        whole: Sequence[str] = ()
        if wished.sound_days is not None:
            before = now - timedelta(days=wished.sound_days)
            sounds = await repository.old_sounds(tx, owner_id, before, COUNTED_MOST)
        if wished.meeting_days is not None:
            before = now - timedelta(days=wished.meeting_days)
            whole = await repository.old_meetings(tx, owner_id, before, COUNTED_MOST)
        return len(sounds), len(whole)

    async def sweep(self) -> int:
        """Remove what is due, of each owner in a transaction of its own together with its receipt; returns how many
        things. Safe to run at any time; a chore of every worker."""
        async with self._db.reading() as tx:
            wishes = await preferences_repository.with_retention(tx)
        return sum([await self._sweep(owner_id, wished) for owner_id, wished in wishes.items()])

    async def _sweep(self, owner_id: str, wished: Preferences) -> int:
        async with self._db.transaction() as tx:
            whole = [each async for each in self._remove_meetings(tx, owner_id, wished.meeting_days)]
            sounds = [each async for each in self._remove_sounds(tx, owner_id, wished.sound_days)]
            if whole or sounds:
                receipt = self._receipt(whole, sounds, wished)
                await repository.keep(tx, new_id(), owner_id, self._clock.now(), receipt)
        return len(whole) + len(sounds)

    async def _remove_meetings(self, tx: AsyncConnection, owner_id: str, days: int | None) -> AsyncIterator[Fact]:
        if days is None:
            return
        before = self._clock.now() - timedelta(days=days)
        for meeting_id in await repository.old_meetings(tx, owner_id, before, AT_ONCE):
            recording = (await self._recordings.of_meetings(tx, [meeting_id])).get(meeting_id)
            await self._meetings.delete(tx, owner_id, meeting_id)
            yield {"meeting_id": meeting_id, **(_facts(recording) if recording else {})}

    async def _remove_sounds(self, tx: AsyncConnection, owner_id: str, days: int | None) -> AsyncIterator[Fact]:
        if days is None:
            return
        before = self._clock.now() - timedelta(days=days)
        for recording_id in await repository.old_sounds(tx, owner_id, before, AT_ONCE):
            recording = await self._recordings.remove_sound(tx, owner_id, recording_id)
            yield {"meeting_id": recording.meeting_id, **_facts(recording)}

    def _receipt(self, whole: Sequence[Fact], sounds: Sequence[Fact], wished: Preferences) -> Mapping[str, Any]:
        """As JSON values, with the SHA-256 of the rest (sorted keys, no blanks) under `sha256`."""
        document = {
            "removed_at": self._clock.now().isoformat(),
            "rule": {"sound_days": wished.sound_days, "meeting_days": wished.meeting_days},
            "meetings": whole,
            "sounds": sounds,
        }
        canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
        return document | {"sha256": hashlib.sha256(canonical.encode()).hexdigest()}


def _facts(recording: Recording) -> Fact:
    return {"recording_id": recording.id, "size": recording.size, "sha256": recording.sha256}
