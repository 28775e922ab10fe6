"""All SQL of retention."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, String, Table, exists, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.analysis.model import ReportStatus
from minutebook.analysis.reports.repository import reports
from minutebook.db.database import metadata
from minutebook.db.types import UtcDateTime
from minutebook.meetings.repository import meetings
from minutebook.recordings.repository import recordings

receipts = Table(
    "retention_receipts",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner_id", String(36), nullable=False),
    Column("removed_at", UtcDateTime, nullable=False),
    Column("receipt", JSON, nullable=False),
    Index("ix_retention_receipts_owner_id_id", "owner_id", "id"),
)

_ACTIVE = (ReportStatus.PENDING.value, ReportStatus.PROCESSING.value)


async def old_sounds(tx: AsyncConnection, owner_id: str, before: datetime, limit: int) -> Sequence[str]:
    """Recordings of this owner that came before, whose sound is there and worked on by nobody, of meetings that are
    not held."""
    busy = exists().where(reports.c.recording_id == recordings.c.id, reports.c.status.in_(_ACTIVE))
    query = (
        select(recordings.c.id)
        .join(meetings, meetings.c.id == recordings.c.meeting_id)
        .where(recordings.c.owner_id == owner_id, recordings.c.created_at < before, ~busy)
        .where(recordings.c.sound_removed_at.is_(None), meetings.c.held_at.is_(None))
        .order_by(recordings.c.created_at)
        .limit(limit)
    )
    return list(await tx.scalars(query))


async def old_meetings(tx: AsyncConnection, owner_id: str, before: datetime, limit: int) -> Sequence[str]:
    """Meetings of this owner that were made before and are not held."""
    query = select(meetings.c.id).where(meetings.c.owner_id == owner_id, meetings.c.created_at < before)
    return list(
        await tx.scalars(query.where(meetings.c.held_at.is_(None)).order_by(meetings.c.created_at).limit(limit))
    )


async def keep(tx: AsyncConnection, receipt_id: str, owner_id: str, at: datetime, receipt: Mapping[str, Any]) -> None:
    """Keep what was removed."""
    await tx.execute(insert(receipts).values(id=receipt_id, owner_id=owner_id, removed_at=at, receipt=dict(receipt)))


async def receipts_of(tx: AsyncConnection, owner_id: str, limit: int) -> Sequence[Mapping[str, Any]]:
    """The newest receipts of this owner."""
    query = select(receipts.c.receipt).where(receipts.c.owner_id == owner_id).order_by(receipts.c.id.desc())
    return list(await tx.scalars(query.limit(limit)))
