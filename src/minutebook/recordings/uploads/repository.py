"""All SQL of uploads that can be gone on with."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    String,
    Table,
    Text,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import metadata
from minutebook.db.types import UtcDateTime
from minutebook.meetings.repository import meetings
from minutebook.recordings.uploads.model import PartialUpload

uploads = Table(
    "uploads",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner_id", String(36), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("filename", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("fields", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("meeting_id", String(36)),
)


async def add(tx: AsyncConnection, upload: PartialUpload) -> None:
    """Store a new upload's row."""
    await tx.execute(insert(uploads).values({each.name: getattr(upload, each.name) for each in fields(upload)}))


async def find(tx: AsyncConnection, owner_id: str, upload_id: str, *, lock: bool = False) -> PartialUpload | None:
    """One upload of this owner; `lock` keeps other writers off it."""
    query = select(uploads).where(uploads.c.id == upload_id, uploads.c.owner_id == owner_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return _upload(row) if row is not None else None


async def known(tx: AsyncConnection, owner_id: str, now: datetime) -> Sequence[PartialUpload]:
    """The owner's uploads that have become no meeting yet, or one that is there, newest first."""
    there = exists().where(meetings.c.id == uploads.c.meeting_id, meetings.c.trashed_at.is_(None))
    query = select(uploads).where(
        uploads.c.owner_id == owner_id, uploads.c.expires_at > now, or_(uploads.c.meeting_id.is_(None), there)
    )
    return [_upload(row) for row in await tx.execute(query.order_by(uploads.c.created_at.desc()))]


async def advance(tx: AsyncConnection, upload: PartialUpload, received: int) -> bool:
    """Note that more is stored; False when somebody else was first."""
    known = (uploads.c.id == upload.id) & (uploads.c.received == upload.received)
    return (await tx.execute(update(uploads).where(known).values(received=received))).rowcount == 1


async def finish(tx: AsyncConnection, upload_id: str, meeting_id: str) -> None:
    """Note what became of an upload."""
    await tx.execute(update(uploads).where(uploads.c.id == upload_id).values(meeting_id=meeting_id))


async def remove(tx: AsyncConnection, upload_id: str) -> None:
    """Delete an upload's row."""
    await tx.execute(delete(uploads).where(uploads.c.id == upload_id))


async def remove_expired(tx: AsyncConnection, now: datetime) -> int:
    """Delete the rows of uploads that nobody went on with; returns how many."""
    return (await tx.execute(delete(uploads).where(uploads.c.expires_at <= now))).rowcount


def _upload(row: Row[tuple[object, ...]]) -> PartialUpload:
    return PartialUpload(**row._mapping)
