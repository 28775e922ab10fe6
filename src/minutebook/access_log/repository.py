"""All SQL of the access log."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Column, Index, String, Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.access_log.model import Access, Action, Via
from minutebook.db.database import metadata
from minutebook.db.types import UtcDateTime

accesses = Table(
    "accesses",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("recording_id", String(36), nullable=False),
    Column("owner_id", String(36), nullable=False, index=True),
    Column("actor_id", String(36)),
    Column("via", String(16), nullable=False),
    Column("label", String(200), nullable=False),
    Column("action", String(16), nullable=False),
    Column("detail", String(100), nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Index("ix_accesses_recording_id_id", "recording_id", "id"),
)


async def add(tx: AsyncConnection, access: Access) -> None:
    await tx.execute(insert(accesses).values(asdict(access) | {"via": access.via.value, "action": access.action.value}))


async def of_recording(tx: AsyncConnection, owner_id: str, recording_id: str, limit: int) -> list[Access]:
    """The newest first."""
    mine = select(accesses).where(accesses.c.recording_id == recording_id, accesses.c.owner_id == owner_id)
    rows = await tx.execute(mine.order_by(accesses.c.id.desc()).limit(limit))
    return [Access(**dict(r._mapping) | {"via": Via(r.via), "action": Action(r.action)}) for r in rows]


async def forget(tx: AsyncConnection, before: datetime) -> None:
    await tx.execute(delete(accesses).where(accesses.c.at < before))
