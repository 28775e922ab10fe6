"""All SQL about users."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, case, delete, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts.model import ApiKey, ExternalIdentity, User, WebSession, email_key
from minutebook.db.database import metadata
from minutebook.db.types import UtcDateTime
from minutebook.db.upserts import insert_into

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
    Column("disabled_at", UtcDateTime),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("user_id", String(36), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("prefix", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("name", String(100)),
    Column("expires_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
)

web_sessions = Table(
    "web_sessions",
    metadata,
    Column("secret_hash", String(64), primary_key=True),
    Column("user_id", String(36), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime),
    Column("device", String(200), nullable=False),
    Column("address", String(64), nullable=False),
)

password_links = Table(
    "password_links",
    metadata,
    Column("secret_hash", String(64), primary_key=True),
    Column("user_id", String(36), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("expires_at", UtcDateTime, nullable=False),
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


def _user(row: Row[tuple[object, ...]]) -> User:
    return User(row.id, row.email, row.display_name, row.is_owner, row.created_at, row.disabled_at)


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


async def all_users(tx: AsyncConnection) -> list[User]:
    query = select(users).order_by(users.c.created_at, users.c.id)
    return [_user(row) for row in await tx.execute(query)]


async def set_disabled(tx: AsyncConnection, user_id: str, at: datetime | None) -> None:
    await tx.execute(update(users).where(users.c.id == user_id).values(disabled_at=at))


async def password_hash_of(tx: AsyncConnection, user_id: str) -> str | None:
    return (await tx.execute(select(users.c.password_hash).where(users.c.id == user_id))).scalar_one_or_none()


async def add_api_key(tx: AsyncConnection, key: ApiKey, secret_hash: str) -> None:
    await tx.execute(insert(api_keys).values(secret_hash=secret_hash, **asdict(key)))


_OF_KEY = [api_keys.c[name] for name in ApiKey.__dataclass_fields__]


def _key(row: Row[tuple[object, ...]]) -> ApiKey:
    # Keys of earlier releases have no name.
    return ApiKey(**dict(row._mapping) | {"name": row.name or ""})


async def api_keys_of(tx: AsyncConnection, user_id: str) -> list[ApiKey]:
    query = select(*_OF_KEY).where(api_keys.c.user_id == user_id).order_by(api_keys.c.id.desc())
    return [_key(row) for row in await tx.execute(query)]


async def remove_api_key(tx: AsyncConnection, user_id: str, key_id: str) -> bool:
    mine = delete(api_keys).where(api_keys.c.id == key_id, api_keys.c.user_id == user_id)
    return (await tx.execute(mine)).rowcount == 1


async def remove_api_keys(tx: AsyncConnection, user_id: str) -> None:
    await tx.execute(delete(api_keys).where(api_keys.c.user_id == user_id))


async def api_key(tx: AsyncConnection, secret_hash: str) -> ApiKey | None:
    """The key, unless its user is disabled."""
    query = select(*_OF_KEY).join(users).where(api_keys.c.secret_hash == secret_hash, users.c.disabled_at.is_(None))
    row = (await tx.execute(query)).first()
    return _key(row) if row else None


async def touch_api_key(tx: AsyncConnection, key_id: str, now: datetime) -> None:
    await tx.execute(update(api_keys).where(api_keys.c.id == key_id).values(last_used_at=now))


async def add_web_session(tx: AsyncConnection, secret_hash: str, session: WebSession) -> None:
    await tx.execute(insert(web_sessions).values(secret_hash=secret_hash, **asdict(session)))


async def web_session(tx: AsyncConnection, secret_hash: str, now: datetime) -> tuple[User, str, datetime | None] | None:
    """The user who is signed in, the session's id, and when it was last used."""
    query = select(users, web_sessions.c.id.label("session_id"), web_sessions.c.last_used_at).join(web_sessions)
    query = query.where(web_sessions.c.secret_hash == secret_hash, web_sessions.c.expires_at > now)
    row = (await tx.execute(query.where(users.c.disabled_at.is_(None)))).first()
    return (_user(row), row.session_id, row.last_used_at) if row else None


async def web_sessions_of(tx: AsyncConnection, user_id: str, now: datetime) -> list[WebSession]:
    fields = [web_sessions.c[name] for name in WebSession.__dataclass_fields__]
    query = select(*fields).where(web_sessions.c.user_id == user_id, web_sessions.c.expires_at > now)
    return [WebSession(**row._mapping) for row in await tx.execute(query.order_by(web_sessions.c.id.desc()))]


async def touch_web_session(tx: AsyncConnection, session_id: str, now: datetime) -> None:
    await tx.execute(update(web_sessions).where(web_sessions.c.id == session_id).values(last_used_at=now))


async def remove_web_session_by_id(tx: AsyncConnection, user_id: str, session_id: str) -> bool:
    mine = delete(web_sessions).where(web_sessions.c.id == session_id, web_sessions.c.user_id == user_id)
    return (await tx.execute(mine)).rowcount == 1


async def remove_web_sessions(tx: AsyncConnection, user_id: str, *, but: str | None = None) -> None:
    """End all sessions of a user, except perhaps one."""
    others = delete(web_sessions).where(web_sessions.c.user_id == user_id)
    await tx.execute(others if but is None else others.where(web_sessions.c.id != but))


async def replace_password_link(tx: AsyncConnection, user_id: str, secret_hash: str, expires_at: datetime) -> None:
    """The newest link alone works."""
    await tx.execute(delete(password_links).where(password_links.c.user_id == user_id))
    await tx.execute(insert(password_links).values(user_id=user_id, secret_hash=secret_hash, expires_at=expires_at))


async def user_of_password_link(tx: AsyncConnection, secret_hash: str, now: datetime) -> User | None:
    link = password_links.c
    query = select(users).join(password_links).where(link.secret_hash == secret_hash, link.expires_at > now)
    row = (await tx.execute(query.where(users.c.disabled_at.is_(None)))).first()
    return _user(row) if row else None


async def take_password_link(tx: AsyncConnection, secret_hash: str) -> bool:
    """Use it up; of two who try at once, one gets True."""
    return (await tx.execute(delete(password_links).where(password_links.c.secret_hash == secret_hash))).rowcount == 1


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


async def forget_tries(tx: AsyncConnection, keys: Sequence[str]) -> None:
    await tx.execute(delete(rate_limits).where(rate_limits.c.key.in_(keys)))


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
