"""All SQL about grants, tokens, codes and agents' requests."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, String, Table, insert, select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import metadata
from minutebook.db.types import UtcDateTime
from minutebook.oauth.model import Grant, Token, TokenKind

grants = Table(
    "oauth_grants",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("user_id", String(36), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("scope", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False, index=True),
    Column("revoked_at", UtcDateTime),
)

tokens = Table(
    "oauth_tokens",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("grant_id", String(36), ForeignKey("oauth_grants.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("used_at", UtcDateTime),
    Column("salt", String(64)),
)


def _token(row: Row[tuple[object, ...]]) -> Token:
    grant = Grant(row.grant_id, row.user_id, row.scope, row.revoked_at is not None)
    return Token(row.id, grant, TokenKind(row.kind), row.expires_at, row.used_at, row.salt)


async def token(tx: AsyncConnection, secret_hash: str) -> Token | None:
    columns = (*tokens.c, grants.c.user_id, grants.c.scope, grants.c.revoked_at)
    query = select(*columns).join(grants).where(tokens.c.secret_hash == secret_hash)
    row = (await tx.execute(query)).first()
    return _token(row) if row else None


async def add_grant(tx: AsyncConnection, grant: Grant, now: datetime, ends_at: datetime) -> None:
    await tx.execute(
        insert(grants).values(id=grant.id, user_id=grant.user_id, scope=grant.scope, created_at=now, ends_at=ends_at)
    )


async def add_token(tx: AsyncConnection, added: Token, secret_hash: str) -> None:
    await tx.execute(
        insert(tokens).values(
            id=added.id,
            grant_id=added.grant.id,
            kind=added.kind.value,
            secret_hash=secret_hash,
            expires_at=added.expires_at,
        )
    )
