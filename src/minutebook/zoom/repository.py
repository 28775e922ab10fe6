"""All SQL of Zoom connections."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, Final

from sqlalchemy import Column, ForeignKey, String, Table, Text, UniqueConstraint, delete, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import metadata
from minutebook.db.types import UtcDateTime
from minutebook.grants.repository import grant_columns
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
    *grant_columns(),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("owner_id", "zoom_user_id", name="uq_zoom_connections_user"),
)

SHOWN: Final = tuple(connections.c[each.name] for each in fields(ZoomConnection))


async def put(tx: AsyncConnection, connection: ZoomConnection, grant: Mapping[str, Any]) -> None:
    """Store a connection with the columns of its grant, or a known one's new grant: whoever renews the old one at this
    moment stores nothing."""
    claim = {"refresh_claim": None, "refresh_claimed_until": None}
    values = {**asdict(connection), "state": connection.state.value, **grant, **claim}
    known = connections.c.id == connection.id
    if (await tx.execute(update(connections).where(known).values(values))).rowcount == 0:
        await tx.execute(insert(connections).values(values))


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


async def remove(tx: AsyncConnection, owner_id: str, connection_id: str) -> bool:
    """Forget a connection and its secrets; False when there is none of this owner."""
    mine = (connections.c.owner_id == owner_id, connections.c.id == connection_id)
    return (await tx.execute(delete(connections).where(*mine))).rowcount == 1


async def _one(tx: AsyncConnection, *where: Any) -> ZoomConnection | None:
    row = (await tx.execute(select(*SHOWN).where(*where).limit(1))).one_or_none()
    return _connection(row) if row is not None else None


def _connection(row: Row[Any]) -> ZoomConnection:
    return ZoomConnection(**{**row._mapping, "state": ConnectionState(row.state)})
