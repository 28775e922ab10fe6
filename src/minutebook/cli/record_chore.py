"""A chore of the workers: the folders that `process` wrote follow what becomes of their meetings in the web app, by the
APIs and by age."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from minutebook.cli.record_places import RecordFolder, folders, records_of, take_away
from minutebook.jobs.runner import Chore
from minutebook.wiring import Services

log = logging.getLogger(__name__)

EVERY_S: Final = 60.0
LATE: Final = timedelta(seconds=5)
"""An event has the time of its statement, and is seen when its transaction has ended."""


def record_chore(services: Services) -> Chore:
    """For the workers of this machine."""
    return Chore("let folders of records follow", EVERY_S, Follower(services).follow)


class Follower:
    """Looks after the folders of this machine's data directory. Several of them at once do no harm."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._seen: datetime | None = None

    async def follow(self) -> int:
        """Take away what was written of meetings that are gone, write anew what changed or lost its sound; returns how
        many folders that were. A meeting in the trash keeps its folder: it can be put back."""
        written, now = list(folders(records_of(self._services))), self._services.clock.now()
        if not written:
            return 0
        oldest = min(each.as_of for each in written)
        owners, changed = await self._read([each.meeting_id for each in written], self._seen or oldest)
        gone = [each for each in written if each.meeting_id not in owners]
        for each in gone:
            take_away(each.path)
        stale = [each for each in written if each.meeting_id in owners and _is_older(each, changed)]
        for each in stale:
            await self._renew(each, owners[each.meeting_id])
        self._seen = now - LATE
        return len(gone) + len(stale)

    async def _read(
        self, meeting_ids: Sequence[str], since: datetime
    ) -> tuple[Mapping[str, str], Mapping[str, datetime]]:
        """Meeting → owner of those that are there, and when something happened last to a meeting or its recording."""
        services = self._services
        async with services.db.reading() as read:
            owners = await services.meetings.owners(read, meeting_ids)
            touched = await services.events.touched(read, since - LATE)
            recordings = await services.recordings.of_meetings(read, list(owners))
        changed = {key: at for key, at in touched.items() if key in owners}
        for meeting_id, recording in recordings.items():
            moments = (changed.get(meeting_id), touched.get(recording.id), recording.sound_removed_at)
            if known := [at for at in moments if at is not None]:
                changed[meeting_id] = max(known)
        return owners, changed

    async def _renew(self, folder: RecordFolder, owner_id: str) -> None:
        # Loaded where something is to be written: workers that write nothing save its memory.
        from minutebook.cli.record_folder import write_record

        services = self._services
        async with services.db.reading() as read:
            owner = await services.accounts.user(read, owner_id)
        await write_record(services, owner, meeting_id=folder.meeting_id)
        log.info("a folder of a record was written anew", extra={"meeting_id": folder.meeting_id})


def _is_older(folder: RecordFolder, changed: Mapping[str, datetime]) -> bool:
    at = changed.get(folder.meeting_id)
    return at is not None and at > folder.as_of - LATE
