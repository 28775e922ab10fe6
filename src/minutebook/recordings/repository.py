"""All SQL of recordings, and of what is to be deleted from storage."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import metadata
from minutebook.db.types import UtcDateTime
from minutebook.kit.ids import new_id
from minutebook.recordings.model import Recording

recordings = Table(
    "recordings",
    metadata,
    Column("id", String(36), primary_key=True),
    # Unique: a meeting has one active recording, and what it replaces is gone.
    Column("meeting_id", String(36), ForeignKey("meetings.id"), nullable=False, unique=True),
    Column("owner_id", String(36), nullable=False),
    Column("filename", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("storage_key", Text, nullable=False),
    Column("duration_s", Float),
    Column("language", String(8)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sound_removed_at", UtcDateTime),
    Column("num_speakers", Integer),
    Column("origin", Text),
)

disposals = Table(
    "storage_disposals",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("prefix", Text, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Index("ix_storage_disposals_due_at", "due_at"),
)


async def add(tx: AsyncConnection, recording: Recording) -> None:
    """Store a new recording's row."""
    columns = {name: getattr(recording, name) for name in recordings.c.keys()}  # noqa: SIM118 - a column collection
    await tx.execute(insert(recordings).values(**columns))


async def remove(tx: AsyncConnection, recording_id: str) -> None:
    """Delete a recording's row."""
    await tx.execute(delete(recordings).where(recordings.c.id == recording_id))


async def find(tx: AsyncConnection, owner_id: str, recording_id: str, *, lock: bool = False) -> Recording | None:
    """One recording of this owner; `lock` as for `load`."""
    query = select(recordings).where(recordings.c.id == recording_id, recordings.c.owner_id == owner_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return _recording(row) if row is not None else None


async def load(tx: AsyncConnection, recording_id: str, *, lock: bool) -> Recording | None:
    """One recording, for work that is done in the name of its owner; `lock` keeps other writers off it."""
    query = select(recordings).where(recordings.c.id == recording_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return _recording(row) if row is not None else None


async def present(tx: AsyncConnection, recording_ids: Sequence[str]) -> frozenset[str]:
    """Those of them that are there."""
    return frozenset(await tx.scalars(select(recordings.c.id).where(recordings.c.id.in_(recording_ids))))


async def of_meetings(tx: AsyncConnection, meeting_ids: Sequence[str]) -> Mapping[str, Recording]:
    """The recordings of these meetings, by meeting."""
    rows = await tx.execute(select(recordings).where(recordings.c.meeting_id.in_(meeting_ids)))
    return {row.meeting_id: _recording(row) for row in rows}


async def set_duration(tx: AsyncConnection, recording_id: str, duration_s: float) -> None:
    """Keep how long the recording is."""
    await tx.execute(update(recordings).where(recordings.c.id == recording_id).values(duration_s=duration_s))


async def set_sound_removed(tx: AsyncConnection, recording_id: str, at: datetime) -> None:
    """Keep that the sound is gone."""
    await tx.execute(update(recordings).where(recordings.c.id == recording_id).values(sound_removed_at=at))


async def plan_disposal(tx: AsyncConnection, prefix: str, due_at: datetime) -> str:
    """Have everything under `prefix` deleted from storage at `due_at` or later; returns the plan's id."""
    disposal_id = new_id()
    await tx.execute(insert(disposals).values(id=disposal_id, prefix=prefix, due_at=due_at))
    return disposal_id


async def drop_disposals(tx: AsyncConnection, prefix: str) -> int:
    """Forget the plans for this prefix; returns how many there were."""
    return (await tx.execute(delete(disposals).where(disposals.c.prefix == prefix))).rowcount


async def postpone_disposal(tx: AsyncConnection, disposal_id: str, due_at: datetime) -> None:
    """Have it tried again later."""
    await tx.execute(update(disposals).where(disposals.c.id == disposal_id).values(due_at=due_at))


async def drop_disposal(tx: AsyncConnection, disposal_id: str) -> None:
    """Forget one plan: it is done."""
    await tx.execute(delete(disposals).where(disposals.c.id == disposal_id))


async def due_disposals(tx: AsyncConnection, now: datetime, limit: int) -> Sequence[tuple[str, str]]:
    """Plans that are due: (id, prefix)."""
    query = select(disposals.c.id, disposals.c.prefix).where(disposals.c.due_at <= now)
    return [(row.id, row.prefix) for row in await tx.execute(query.order_by(disposals.c.due_at).limit(limit))]


def _recording(row: Row[tuple[object, ...]]) -> Recording:
    return Recording(**row._mapping)
