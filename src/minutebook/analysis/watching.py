"""How far the work is, for all who watch: however many streams there are, at each tick the database is asked once."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from minutebook.analysis.model import Report
from minutebook.analysis.reports import repository
from minutebook.analysis.reports.planner import newest_of_types
from minutebook.db.batches import batches
from minutebook.db.database import Database
from minutebook.kit.clock import Clock
from minutebook.recordings.service import Recordings

LOOK_EVERY_S: Final = 1.0

Seen = Mapping[str, Sequence[Report]]
"""By recording, the newest version of each analysis, without its content. A recording that is gone is missing."""


class Watching:
    """One per process: gathers what is asked at the same time into one look."""

    def __init__(self, db: Database, clock: Clock, recordings: Recordings) -> None:
        self._db = db
        self._clock = clock
        self._recordings = recordings
        self._one_at_a_time = asyncio.Lock()
        self._gathered: set[str] = set()
        self._next: asyncio.Task[Seen] | None = None

    async def tick(self) -> None:
        """Wait for the moment at which everybody looks."""
        await self._clock.sleep(LOOK_EVERY_S - self._clock.now().timestamp() % LOOK_EVERY_S)

    async def reports(self, recording_ids: Collection[str]) -> Seen:
        """What is there now; for recordings of which the caller has checked that they may be seen. Outages are told as
        in `Database.transaction`."""
        self._gathered.update(recording_ids)
        if self._next is None:
            self._next = asyncio.create_task(self._look(), name="watching")
            self._next.add_done_callback(_heard)
        seen = await asyncio.shield(self._next)  # who goes away must not take the others' look along
        return {each: seen[each] for each in recording_ids if each in seen}

    async def _look(self) -> Seen:
        async with self._one_at_a_time:
            ids, self._gathered, self._next = self._gathered, set(), None
            found: dict[str, list[Report]] = {}
            async with self._db.reading() as read:
                for some in batches(ids):
                    present = await self._recordings.present(read, some)
                    found |= {each: [] for each in present}
                    for report in await repository.of_recordings(read, list(present)):
                        found[report.recording_id].append(report)
        return {each: list(newest_of_types(reports).values()) for each, reports in found.items()}


def _heard(look: asyncio.Task[Seen]) -> None:
    # Should nobody be left to hear of an outage, that is no error of its own.
    if not look.cancelled():
        look.exception()
