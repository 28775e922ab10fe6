"""All SQL of grants, in whichever table they are kept."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, String, Table, Text, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.types import UtcDateTime


def grant_columns() -> tuple[Column[Any], ...]:
    """What a table of grants has, beside `id` and what is its own."""
    return (
        Column("sealed_secrets", Text, nullable=False),
        Column("sealed_access", Text),
        Column("access_until", UtcDateTime),
        Column("refresh_claim", String(36)),
        Column("refresh_claimed_until", UtcDateTime),
    )


async def load(tx: AsyncConnection, table: Table, grant_id: str) -> Mapping[str, Any] | None:
    """One row."""
    row = (await tx.execute(select(table).where(table.c.id == grant_id))).mappings().one_or_none()
    return dict(row) if row is not None else None


async def claim(tx: AsyncConnection, table: Table, grant_id: str, claim: str, now: datetime, until: datetime) -> bool:
    """Take the right to renew a grant; False while somebody else has it."""
    free = or_(table.c.refresh_claimed_until.is_(None), table.c.refresh_claimed_until <= now)
    statement = update(table).where(table.c.id == grant_id, free)
    return (await tx.execute(statement.values(refresh_claim=claim, refresh_claimed_until=until))).rowcount == 1


async def settle(tx: AsyncConnection, table: Table, grant_id: str, claim: str, columns: Mapping[str, Any]) -> bool:
    """Give that right back, with what came of it; False when it was lost meanwhile, and nothing is stored."""
    mine = (table.c.id == grant_id, table.c.refresh_claim == claim)
    values = {**columns, "refresh_claim": None, "refresh_claimed_until": None}
    return (await tx.execute(update(table).where(*mine).values(values))).rowcount == 1
