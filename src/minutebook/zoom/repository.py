"""All SQL of Zoom connections."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint, delete, insert, or_, select
from sqlalchemy import update as update_rows
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import metadata
from minutebook.db.types import UtcDateTime
from minutebook.zoom.model import ConnectionState, ZoomConnection

connections = Table(
    "zoom_connections",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner_id", String(36), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("zoom_user_id", String(200), nullable=False),
    Column("zoom_account_id", String(200)),
    Column("scopes", Text),
    Column("state", String(16), nullable=False),
    Column("error_message", Text),
    Column("sealed_secrets", Text, nullable=False),
    Column("sealed_access", Text),
    Column("access_until", UtcDateTime),
    # Grows with each change of the secrets: whoever refreshed older ones changes nothing any more.
    Column("version", Integer, nullable=False),
    Column("refresh_claim", String(36)),
    Column("refresh_claimed_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("owner_id", "zoom_user_id", name="uq_zoom_connections_user"),
)

SHOWN = [column for column in connections.c if not column.name.startswith("refresh_")]


async def add(tx: AsyncConnection, connection: ZoomConnection) -> None:
    """Store a new connection."""
    values = {column.name: getattr(connection, column.name) for column in SHOWN}
    await tx.execute(insert(connections).values(**{**values, "state": connection.state.value}))


async def all_of(tx: AsyncConnection, owner_id: str) -> Sequence[ZoomConnection]:
    """The owner's connections, the oldest first."""
    query = (
        select(*SHOWN).where(connections.c.owner_id == owner_id).order_by(connections.c.created_at, connections.c.id)
    )
    return [_connection(row) for row in await tx.execute(query)]


async def find(tx: AsyncConnection, owner_id: str, connection_id: str) -> ZoomConnection | None:
    """One connection of the owner's."""
    return await _one(tx, connections.c.owner_id == owner_id, connections.c.id == connection_id)


async def of_user(tx: AsyncConnection, owner_id: str, zoom_user_id: str) -> ZoomConnection | None:
    """The owner's connection to this Zoom user."""
    return await _one(tx, connections.c.owner_id == owner_id, connections.c.zoom_user_id == zoom_user_id)


async def load(tx: AsyncConnection, connection_id: str) -> ZoomConnection | None:
    """One connection, whoever's."""
    return await _one(tx, connections.c.id == connection_id)


async def remove(tx: AsyncConnection, owner_id: str, connection_id: str) -> bool:
    """Forget a connection and its secrets; False when there is none of this owner."""
    mine = (connections.c.owner_id == owner_id, connections.c.id == connection_id)
    return (await tx.execute(delete(connections).where(*mine))).rowcount == 1


async def claim_refresh(tx: AsyncConnection, connection_id: str, claim: str, now: datetime, until: datetime) -> bool:
    """Take the right to refresh a connection's tokens; False while somebody else has it."""
    free = or_(connections.c.refresh_claimed_until.is_(None), connections.c.refresh_claimed_until <= now)
    statement = update_rows(connections).where(connections.c.id == connection_id, free)
    return (await tx.execute(statement.values(refresh_claim=claim, refresh_claimed_until=until))).rowcount == 1


async def give_back(tx: AsyncConnection, connection_id: str, claim: str) -> None:
    """Give that right back."""
    mine = (connections.c.id == connection_id, connections.c.refresh_claim == claim)
    await tx.execute(update_rows(connections).where(*mine).values(refresh_claim=None, refresh_claimed_until=None))


async def change(tx: AsyncConnection, known: ZoomConnection, now: datetime, **values: Any) -> bool:
    """Write over a connection whose secrets are still those of `known`; False when they are not."""
    same = (connections.c.id == known.id, connections.c.version == known.version)
    if "state" in values:
        values["state"] = ConnectionState(values["state"]).value
    statement = update_rows(connections).where(*same)
    return (await tx.execute(statement.values(**values, version=known.version + 1, updated_at=now))).rowcount == 1


async def _one(tx: AsyncConnection, *where: Any) -> ZoomConnection | None:
    row = (await tx.execute(select(*SHOWN).where(*where).limit(1))).one_or_none()
    return _connection(row) if row is not None else None


def _connection(row: Row[Any]) -> ZoomConnection:
    return ZoomConnection(**{**row._mapping, "state": ConnectionState(row.state)})
