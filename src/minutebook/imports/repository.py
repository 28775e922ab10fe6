"""All SQL of imports."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final

from sqlalchemy import Column, ForeignKey, String, Table, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import metadata
from minutebook.db.types import UtcDateTime
from minutebook.imports.model import Imported

imports: Final = Table(
    "recording_imports",
    metadata,
    Column("owner_id", String(36), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("provider", String(32), nullable=False),
    # With its meeting goes the memory of it: then it can be imported again.
    Column("meeting_id", String(36), ForeignKey("meetings.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("bot_id", String(36)),
    Column("started_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
)


async def add(tx: AsyncConnection, imported: Imported) -> None:
    """Remember an import."""
    await tx.execute(insert(imports).values(asdict(imported)))


async def of_keys(tx: AsyncConnection, owner_id: str, keys: Sequence[str]) -> Mapping[str, Imported]:
    """The owner's imports among these recordings, by key."""
    query = select(imports).where(imports.c.owner_id == owner_id, imports.c.key.in_(keys))
    return {row.key: Imported(**row._mapping) for row in await tx.execute(query)}
