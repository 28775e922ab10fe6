"""All SQL of the accounts that calendars are read with; what opens them is `grants`'."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.calendars.model import ProviderName
from minutebook.calendars.repository.tables import calendars, connections
from minutebook.kit.ids import fingerprint


async def of_account(tx: AsyncConnection, owner_id: str, provider: ProviderName, account: str) -> str | None:
    """The id of the connection to this account."""
    return await _one(tx, owner_id, provider, connections.c.account_key == fingerprint(account))


async def of_given(tx: AsyncConnection, owner_id: str, provider: ProviderName, given_print: str) -> str | None:
    """The id of the connection that was made with a refresh token of this fingerprint."""
    return await _one(tx, owner_id, provider, connections.c.given_print == given_print)


async def put(
    tx: AsyncConnection,
    connection_id: str,
    owner_id: str,
    provider: ProviderName,
    account: str,
    given_print: str | None,
    grant: Mapping[str, Any],
    now: datetime,
) -> None:
    """Store a connection, or new credentials of one (`grant`, as columns); who renews the old ones at this moment
    stores nothing."""
    values = {
        **grant,
        "provider": provider.value,
        "account_key": fingerprint(account),
        "given_print": given_print,
        "refresh_claim": None,
        "refresh_claimed_until": None,
        "paused_until": None,
        "created_at": now,
    }
    known = connections.c.id == connection_id
    if (await tx.execute(update(connections).where(known).values(values))).rowcount == 0:
        await tx.execute(insert(connections).values({**values, "id": connection_id, "owner_id": owner_id}))


async def pause(tx: AsyncConnection, connection_id: str, until: datetime) -> None:
    """Leave the account alone until then."""
    await tx.execute(update(connections).where(connections.c.id == connection_id).values(paused_until=until))


async def remove_unused(tx: AsyncConnection, connection_id: str) -> None:
    """Forget credentials that no calendar uses any more."""
    used = select(calendars.c.id).where(calendars.c.connection_id == connection_id).exists()
    await tx.execute(delete(connections).where(connections.c.id == connection_id, ~used))


async def forget_unused(tx: AsyncConnection, before: datetime) -> None:
    """Forget credentials from before this moment that no calendar came to use."""
    used = select(calendars.c.id).where(calendars.c.connection_id == connections.c.id).exists()
    await tx.execute(delete(connections).where(connections.c.created_at < before, ~used))


async def _one(tx: AsyncConnection, owner_id: str, provider: ProviderName, which: ColumnElement[bool]) -> str | None:
    mine = (connections.c.owner_id == owner_id, connections.c.provider == provider.value, which)
    return (await tx.execute(select(connections.c.id).where(*mine).limit(1))).scalar_one_or_none()
