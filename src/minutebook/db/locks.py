"""Names that one transaction at a time may hold."""

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def hold(tx: AsyncConnection, names: Iterable[str]) -> None:
    """Let nobody else hold these names until the transaction ends; in one order for all, so that two who want several
    never wait for each other. SQLite has one writer at a time anyway."""
    if tx.dialect.name != "postgresql":
        return
    for name in sorted(set(names)):
        await tx.execute(text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})
