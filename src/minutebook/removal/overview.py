"""What a server holds, at a glance."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.analysis.reports.repository import reports
from minutebook.meetings.repository import meetings
from minutebook.recordings.repository import recordings


@dataclass(frozen=True, slots=True)
class Overview:
    """Meetings and recordings of everybody; `bytes` is what was uploaded; `reports` counts analyses by status."""

    meetings: int
    recordings: int
    bytes: int
    reports: Mapping[str, int]


async def overview(tx: AsyncConnection) -> Overview:
    """As it is now."""
    there = recordings.c.sound_removed_at.is_(None)
    sounds = (await tx.execute(select(func.count(), func.coalesce(func.sum(recordings.c.size), 0)).where(there))).one()
    states = await tx.execute(select(reports.c.status, func.count()).group_by(reports.c.status))
    count = (await tx.execute(select(func.count()).select_from(meetings))).scalar_one()
    return Overview(count, sounds[0], int(sounds[1]), {row[0]: row[1] for row in states})
