"""Whose every row is: by its own column, or by the row that it hangs on. Holds for tables that do not exist yet."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import JSON, Column, ColumnElement, String, Table, delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.bots.states import BotState
from minutebook.db.database import metadata
from minutebook.db.types import UtcDateTime
from minutebook.removal.model import Receipt, RemovedFile

OWNERS: Final = ("owner_id", "user_id")
"""What columns are called that name a user."""


def of_user(table: Table, user_id: str) -> ColumnElement[bool] | None:
    """The condition for rows of this user; None for a table that has none of anybody."""
    if table.name == "users":
        return table.c.id == user_id
    conditions = [table.c[name] == user_id for name in OWNERS if name in table.c]
    for key in table.foreign_keys:
        parent = key.column.table
        if parent is not table and parent.name != "users" and (theirs := of_user(parent, user_id)) is not None:
            conditions.append(key.parent.in_(select(key.column).where(theirs)))
    return or_(*conditions) if conditions else None


async def counts(tx: AsyncConnection, user_id: str) -> Mapping[str, int]:
    """How many rows of the user each table has; tables without any are left out."""
    found: dict[str, int] = {}
    for table in metadata.sorted_tables:
        theirs = of_user(table, user_id)
        if theirs is not None:
            query = select(func.count()).select_from(table).where(theirs)
            if count := (await tx.execute(query)).scalar_one():
                found[table.name] = count
    return found


async def remove(tx: AsyncConnection, user_id: str) -> None:
    """Delete all rows of the user, children first."""
    for table in reversed(metadata.sorted_tables):
        theirs = of_user(table, user_id)
        if theirs is not None:
            await tx.execute(delete(table).where(theirs))


async def ids(tx: AsyncConnection, table_name: str, user_id: str) -> list[str]:
    """The ids of the user's rows of a table."""
    table = metadata.tables[table_name]
    theirs = of_user(table, user_id)
    assert theirs is not None
    return list((await tx.execute(select(table.c.id).where(theirs).order_by(table.c.id))).scalars())


async def recordings(tx: AsyncConnection, user_id: str) -> list[RemovedFile]:
    """The recordings of the user, as the receipt names them."""
    columns = metadata.tables["recordings"].c
    query = select(columns.id, columns.size, columns.sha256).where(columns.owner_id == user_id).order_by(columns.id)
    return [RemovedFile(row.id, row.size, row.sha256) for row in await tx.execute(query)]


async def busy_bots(tx: AsyncConnection, user_id: str) -> int:
    """How many bots of the user are in a call or on their way into one."""
    bots = metadata.tables["bots"].c
    busy = [state.value for state in BotState if state.is_live and state is not BotState.QUEUED]
    query = select(func.count()).where(bots.owner_id == user_id, bots.state.in_(busy))
    return int((await tx.execute(query)).scalar_one())


removal_receipts = Table(
    "removal_receipts",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("removed_at", UtcDateTime, nullable=False),
    Column("receipt", JSON, nullable=False),
)


async def held_meetings(tx: AsyncConnection, user_id: str) -> int:
    """How many meetings of the user are held."""
    meetings = metadata.tables["meetings"].c
    query = select(func.count()).where(meetings.owner_id == user_id, meetings.held_at.is_not(None))
    return int((await tx.execute(query)).scalar_one())


async def keep(tx: AsyncConnection, receipt_id: str, receipt: Receipt) -> None:
    await tx.execute(
        insert(removal_receipts).values(id=receipt_id, removed_at=receipt.removed_at, receipt=receipt.document())
    )
