"""All SQL of preferences."""

from collections.abc import Mapping
from dataclasses import asdict

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Integer, String, Table, delete, insert, or_, select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import metadata
from minutebook.preferences.model import Preferences

preferences = Table(
    "preferences",
    metadata,
    Column("owner_id", String(36), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("vocabulary", JSON, nullable=False),
    Column("sound_days", Integer),
    Column("meeting_days", Integer),
    Column("remember_voices", Boolean, nullable=False, default=False),
)


async def load(tx: AsyncConnection, owner_id: str) -> Preferences:
    """What this user wishes; nothing, before they said anything."""
    row = (await tx.execute(select(preferences).where(preferences.c.owner_id == owner_id))).one_or_none()
    return _preferences(row) if row is not None else Preferences()


async def save(tx: AsyncConnection, owner_id: str, wished: Preferences) -> None:
    """Keep them."""
    await tx.execute(delete(preferences).where(preferences.c.owner_id == owner_id))
    values = {**asdict(wished), "vocabulary": list(wished.vocabulary)}
    await tx.execute(insert(preferences).values(owner_id=owner_id, **values))


async def with_retention(tx: AsyncConnection) -> Mapping[str, Preferences]:
    """By owner the wishes of those who have something removed by age."""
    limited = or_(preferences.c.sound_days.is_not(None), preferences.c.meeting_days.is_not(None))
    return {row.owner_id: _preferences(row) for row in await tx.execute(select(preferences).where(limited))}


def _preferences(row: Row[tuple[object, ...]]) -> Preferences:
    return Preferences(tuple(row.vocabulary), row.sound_days, row.meeting_days, row.remember_voices)
