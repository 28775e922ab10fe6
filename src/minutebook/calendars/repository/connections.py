"""All SQL of the credentials that calendars are read with."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.calendars.model import ProviderName
from minutebook.calendars.repository.tables import calendars, connections
from minutebook.kit.ids import fingerprint


@dataclass(frozen=True, slots=True)
class Connection:
    """An account at a provider, and how it is reached. Secrets are sealed."""

    id: str
    owner_id: str
    provider: ProviderName
    sealed_secrets: str
    sealed_access: str | None
    access_until: datetime | None


async def load(tx: AsyncConnection, connection_id: str) -> Connection | None:
    """One connection."""
    return await _one(tx, connections.c.id == connection_id)


async def of_account(tx: AsyncConnection, owner_id: str, provider: ProviderName, account: str) -> Connection | None:
    """The connection to this account."""
    return await _one(
        tx,
        connections.c.owner_id == owner_id,
        connections.c.provider == provider.value,
        connections.c.account_key == fingerprint(account),
    )


async def of_given(tx: AsyncConnection, owner_id: str, provider: ProviderName, given_print: str) -> Connection | None:
    """The connection that was made with a refresh token of this fingerprint."""
    mine = (connections.c.owner_id == owner_id, connections.c.provider == provider.value)
    return await _one(tx, *mine, connections.c.given_print == given_print)


async def put(
    tx: AsyncConnection,
    connection: Connection,
    account: str,
    given_print: str | None,
    now: datetime,
) -> None:
    """Store a connection, or new credentials of one; who refreshes the old ones at this moment stores nothing."""
    values = {
        "provider": connection.provider.value,
        "account_key": fingerprint(account),
        "sealed_secrets": connection.sealed_secrets,
        "given_print": given_print,
        "sealed_access": connection.sealed_access,
        "access_until": connection.access_until,
        "refresh_claim": None,
        "refresh_claimed_until": None,
        "paused_until": None,
    }
    known = connections.c.id == connection.id
    if (await tx.execute(update(connections).where(known).values(**values))).rowcount == 0:
        own = {"id": connection.id, "owner_id": connection.owner_id, "created_at": now}
        await tx.execute(insert(connections).values(**values, **own))


async def claim_refresh(tx: AsyncConnection, connection_id: str, claim: str, now: datetime, until: datetime) -> bool:
    """Take the right to refresh a connection's tokens; False while somebody else has it."""
    free = or_(connections.c.refresh_claimed_until.is_(None), connections.c.refresh_claimed_until <= now)
    statement = update(connections).where(connections.c.id == connection_id, free)
    return (await tx.execute(statement.values(refresh_claim=claim, refresh_claimed_until=until))).rowcount == 1


async def end_refresh(
    tx: AsyncConnection,
    connection_id: str,
    claim: str,
    *,
    sealed_secrets: str | None = None,
    sealed_access: str | None = None,
    access_until: datetime | None = None,
) -> bool:
    """Give the right back, with what came of it; False when it was lost meanwhile, and nothing is stored."""
    values = {
        "refresh_claim": None,
        "refresh_claimed_until": None,
        **({"sealed_secrets": sealed_secrets} if sealed_secrets is not None else {}),
        **({"sealed_access": sealed_access, "access_until": access_until} if sealed_access is not None else {}),
    }
    mine = (connections.c.id == connection_id, connections.c.refresh_claim == claim)
    return (await tx.execute(update(connections).where(*mine).values(**values))).rowcount == 1


async def pause(tx: AsyncConnection, connection_id: str, until: datetime) -> None:
    """Leave the account alone until then."""
    await tx.execute(update(connections).where(connections.c.id == connection_id).values(paused_until=until))


async def remove_unused(tx: AsyncConnection, connection_id: str) -> None:
    """Forget credentials that no calendar uses any more."""
    used = select(calendars.c.id).where(calendars.c.connection_id == connection_id).exists()
    await tx.execute(delete(connections).where(connections.c.id == connection_id, ~used))


async def _one(tx: AsyncConnection, *where: object) -> Connection | None:
    row = (await tx.execute(select(connections).where(*where).limit(1))).one_or_none()  # type: ignore[arg-type]
    if row is None:
        return None
    return Connection(
        row.id, row.owner_id, ProviderName(row.provider), row.sealed_secrets, row.sealed_access, row.access_until
    )
