"""All SQL about users."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, case, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts.model import ApiKey, ExternalIdentity, User, email_key
from minutebook.db.database import metadata
from minutebook.db.types import UtcDateTime

users = Table(
    "users",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("email", String(320), nullable=False),
    Column("email_key", String(640), nullable=False, unique=True),
    Column("display_name", String(200), nullable=False),
    Column("password_hash", String(256), nullable=False),
    Column("is_owner", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("user_id", String(36), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("prefix", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

web_sessions = Table(
    "web_sessions",
    metadata,
    Column("secret_hash", String(64), primary_key=True),
    Column("user_id", String(36), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

external_identities = Table(
    "external_identities",
    metadata,
    Column("provider", String(32), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("user_id", String(36), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
)

setup_tokens = Table(
    "setup_tokens",
    metadata,
    Column("secret_hash", String(64), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
)

rate_limits = Table(
    "rate_limits",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("window_start", UtcDateTime, nullable=False),
    Column("count", Integer, nullable=False),
    Index("ix_rate_limits_window_start", "window_start"),
)

sign_in_places = Table(
    "sign_in_places",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("last_at", UtcDateTime, nullable=False, index=True),
)

NO_PASSWORD = "!"  # noqa: S105 - the very absence of one
"""No hash: no password matches it."""


def insert_into(tx: AsyncConnection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT: both databases do, the common one of SQLAlchemy does not."""
    return sqlite.insert(table) if tx.dialect.name == "sqlite" else postgresql.insert(table)


def _user(row: Row[tuple[object, ...]]) -> User:
    return User(row.id, row.email, row.display_name, row.is_owner, row.created_at)


async def has_users(tx: AsyncConnection) -> bool:
    """Whether anybody can sign in; the local user, who has no password, does not count."""
    query = select(users.c.id).where(users.c.password_hash != NO_PASSWORD).limit(1)
    return (await tx.execute(query)).first() is not None


async def owner(tx: AsyncConnection) -> User | None:
    """The owner, be it still the local user."""
    row = (await tx.execute(select(users).where(users.c.is_owner).order_by(users.c.created_at).limit(1))).first()
    return _user(row) if row else None


async def take_over(tx: AsyncConnection, email: str, display_name: str, password_hash: str) -> User | None:
    """Turn the local user into one who can sign in; None when there is no local user (any more). One statement, so
    that of two who try at once one takes it over, and nobody ever takes over a user with a password."""
    values = {
        "email": email,
        "email_key": email_key(email),
        "display_name": display_name,
        "password_hash": password_hash,
    }
    local = update(users).where(users.c.password_hash == NO_PASSWORD).values(values)
    row = (await tx.execute(local.returning(*users.c))).first()
    return _user(row) if row else None


async def add_user(tx: AsyncConnection, user: User, password_hash: str) -> bool:
    """False when the address is taken."""
    added = await tx.execute(
        insert_into(tx, users)
        .values(
            id=user.id,
            email=user.email,
            email_key=email_key(user.email),
            display_name=user.display_name,
            password_hash=password_hash,
            is_owner=user.is_owner,
            created_at=user.created_at,
        )
        .on_conflict_do_nothing(index_elements=["email_key"])
        .returning(users.c.id)
    )
    return added.first() is not None


async def user_by_id(tx: AsyncConnection, user_id: str) -> User | None:
    row = (await tx.execute(select(users).where(users.c.id == user_id))).first()
    return _user(row) if row else None


async def user_by_email(tx: AsyncConnection, email: str) -> tuple[User, str] | None:
    """The user and the hash of their password."""
    row = (await tx.execute(select(users).where(users.c.email_key == email_key(email)))).first()
    return (_user(row), row.password_hash) if row else None


async def set_password_hash(tx: AsyncConnection, user_id: str, password_hash: str) -> None:
    await tx.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))


async def add_api_key(tx: AsyncConnection, key: ApiKey, secret_hash: str) -> None:
    await tx.execute(
        insert(api_keys).values(
            id=key.id, user_id=key.user_id, prefix=key.prefix, secret_hash=secret_hash, created_at=key.created_at
        )
    )


async def user_of_api_key(tx: AsyncConnection, secret_hash: str) -> User | None:
    row = (await tx.execute(select(users).join(api_keys).where(api_keys.c.secret_hash == secret_hash))).first()
    return _user(row) if row else None


async def add_web_session(tx: AsyncConnection, secret_hash: str, user_id: str, expires_at: datetime) -> None:
    await tx.execute(insert(web_sessions).values(secret_hash=secret_hash, user_id=user_id, expires_at=expires_at))


async def user_of_web_session(tx: AsyncConnection, secret_hash: str, now: datetime) -> User | None:
    query = select(users).join(web_sessions)
    query = query.where(web_sessions.c.secret_hash == secret_hash, web_sessions.c.expires_at > now)
    row = (await tx.execute(query)).first()
    return _user(row) if row else None


async def remove_web_session(tx: AsyncConnection, secret_hash: str) -> None:
    await tx.execute(delete(web_sessions).where(web_sessions.c.secret_hash == secret_hash))


async def remove_expired_web_sessions(tx: AsyncConnection, now: datetime) -> None:
    await tx.execute(delete(web_sessions).where(web_sessions.c.expires_at <= now))


async def user_of_identity(tx: AsyncConnection, provider: str, subject: str) -> User | None:
    identity = external_identities.c
    query = select(users).join(external_identities).where(identity.provider == provider, identity.subject == subject)
    row = (await tx.execute(query)).first()
    return _user(row) if row else None


async def add_identity(tx: AsyncConnection, identity: ExternalIdentity, user_id: str) -> None:
    await tx.execute(
        insert_into(tx, external_identities)
        .values(provider=identity.provider, subject=identity.subject, user_id=user_id)
        .on_conflict_do_nothing()
    )


async def replace_setup_token(tx: AsyncConnection, secret_hash: str, now: datetime) -> None:
    await tx.execute(delete(setup_tokens))
    await tx.execute(insert(setup_tokens).values(secret_hash=secret_hash, created_at=now))


async def has_setup_token(tx: AsyncConnection, secret_hash: str) -> bool:
    return (await tx.execute(select(setup_tokens).where(setup_tokens.c.secret_hash == secret_hash))).first() is not None


async def take_setup_token(tx: AsyncConnection, secret_hash: str) -> bool:
    """Use it up; of two who try at once, one gets True."""
    return (await tx.execute(delete(setup_tokens).where(setup_tokens.c.secret_hash == secret_hash))).rowcount == 1


async def count_try(tx: AsyncConnection, key: str, window_start: datetime, limit: int) -> bool:
    """Count one in one statement; False when `limit` was reached in this window."""
    new = insert_into(tx, rate_limits).values(key=key, window_start=window_start, count=1)
    same_window = rate_limits.c.window_start == window_start
    counted = await tx.execute(
        new.on_conflict_do_update(
            index_elements=["key"],
            set_={"window_start": window_start, "count": case((same_window, rate_limits.c.count + 1), else_=1)},
            where=~same_window | (rate_limits.c.count < limit),
        ).returning(rate_limits.c.key)
    )
    return counted.first() is not None


async def forget_tries(tx: AsyncConnection, key: str) -> None:
    await tx.execute(delete(rate_limits).where(rate_limits.c.key == key))


async def remove_tries_before(tx: AsyncConnection, moment: datetime) -> None:
    await tx.execute(delete(rate_limits).where(rate_limits.c.window_start < moment))


async def keep_places(tx: AsyncConnection, keys: Sequence[str], now: datetime) -> None:
    new = insert_into(tx, sign_in_places).values([{"key": key, "last_at": now} for key in keys])
    await tx.execute(new.on_conflict_do_update(index_elements=["key"], set_={"last_at": now}))


async def known_places(tx: AsyncConnection, keys: Sequence[str], since: datetime) -> set[str]:
    """Which of these a sign-in has come from since then."""
    place = sign_in_places.c
    return set((await tx.execute(select(place.key).where(place.key.in_(keys), place.last_at >= since))).scalars())


async def forget_places(tx: AsyncConnection, before: datetime) -> None:
    await tx.execute(delete(sign_in_places).where(sign_in_places.c.last_at < before))
