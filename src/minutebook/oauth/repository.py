"""All SQL about grants, tokens, codes, agents' requests, and sign-ins under way elsewhere."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, String, Table, Text, delete, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import metadata
from minutebook.db.types import UtcDateTime
from minutebook.db.upserts import insert_into
from minutebook.oauth.model import (
    AgentRequest,
    AgentStatus,
    Code,
    ForeignSignIn,
    Grant,
    Program,
    Token,
    TokenKind,
    agent_statuses_before,
)


def _user_id(*, nullable: bool = False) -> Column[str]:
    return Column("user_id", String(36), ForeignKey("users.id", ondelete="CASCADE"), nullable=nullable, index=True)


grants = Table(
    "oauth_grants",
    metadata,
    Column("id", String(36), primary_key=True),
    _user_id(),
    Column("scope", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False, index=True),
    Column("revoked_at", UtcDateTime),
    Column("program", String(200)),
    Column("last_used_at", UtcDateTime),
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
    Column("successor_id", String(36), index=True),
    Column("salt", String(64)),
)

codes = Table(
    "oauth_codes",
    metadata,
    Column("secret_hash", String(64), primary_key=True),
    _user_id(),
    Column("scope", String(200), nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("code_challenge", String(43)),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("grant_id", String(36)),
)

agent_requests = Table(
    "oauth_agent_requests",
    metadata,
    Column("state_hash", String(64), primary_key=True),
    Column("status", String(16), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    _user_id(nullable=True),
    Column("scope", String(200)),
    Column("redirect_uri", Text),
    Column("code_challenge", String(43)),
)

foreign_sign_ins = Table(
    "oauth_foreign_sign_ins",
    metadata,
    Column("state_hash", String(64), primary_key=True),
    Column("browser_hash", String(64), nullable=False),
    Column("nonce", String(64), nullable=False),
    Column("code_verifier", String(128), nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("next_path", Text, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)


async def add_grant(tx: AsyncConnection, grant: Grant, now: datetime, ends_at: datetime) -> None:
    await tx.execute(
        insert(grants).values(
            id=grant.id,
            user_id=grant.user_id,
            scope=grant.scope,
            created_at=now,
            ends_at=ends_at,
            program=grant.program[:200],
        )
    )


async def extend_grant(tx: AsyncConnection, grant_id: str, ends_at: datetime) -> None:
    await tx.execute(update(grants).where(grants.c.id == grant_id).values(ends_at=ends_at))


async def revoke_grant(tx: AsyncConnection, grant_id: str, now: datetime) -> None:
    await tx.execute(
        update(grants).where(grants.c.id == grant_id, grants.c.revoked_at.is_(None)).values(revoked_at=now)
    )


async def programs_of(tx: AsyncConnection, user_id: str, now: datetime) -> list[Program]:
    """The grants in force, the newest first."""
    query = select(grants).where(grants.c.user_id == user_id, grants.c.revoked_at.is_(None), grants.c.ends_at > now)
    found = await tx.execute(query.order_by(grants.c.created_at.desc(), grants.c.id.desc()))
    return [Program(r.id, r.program or "", r.scope, r.created_at, r.ends_at, r.last_used_at) for r in found]


async def revoke_program(tx: AsyncConnection, user_id: str, grant_id: str, now: datetime) -> bool:
    mine = update(grants).where(grants.c.id == grant_id, grants.c.user_id == user_id, grants.c.revoked_at.is_(None))
    return (await tx.execute(mine.values(revoked_at=now))).rowcount == 1


async def revoke_all(tx: AsyncConnection, user_id: str, now: datetime) -> None:
    """Every grant of a user, and what would still become one."""
    await tx.execute(
        update(grants).where(grants.c.user_id == user_id, grants.c.revoked_at.is_(None)).values(revoked_at=now)
    )
    await tx.execute(delete(codes).where(codes.c.user_id == user_id))
    await tx.execute(delete(agent_requests).where(agent_requests.c.user_id == user_id))


async def touch_grant(tx: AsyncConnection, grant_id: str, now: datetime) -> None:
    await tx.execute(update(grants).where(grants.c.id == grant_id).values(last_used_at=now))


_OF_GRANT = (grants.c.user_id, grants.c.scope, grants.c.revoked_at, grants.c.program, grants.c.last_used_at)


async def token(tx: AsyncConnection, secret_hash: str) -> Token | None:
    successor = tokens.alias("successor")
    query = (
        select(*tokens.c, *_OF_GRANT, successor.c.used_at.label("used_after"))
        .join(grants, grants.c.id == tokens.c.grant_id)
        .outerjoin(successor, successor.c.id == tokens.c.successor_id)
        .where(tokens.c.secret_hash == secret_hash)
    )
    row = (await tx.execute(query)).first()
    return _token(row) if row else None


def _token(row: Row[*tuple[Any, ...]]) -> Token:
    grant = Grant(row.grant_id, row.user_id, row.scope, row.revoked_at is not None, row.program or "")
    kind, used_after = TokenKind(row.kind), row.used_after is not None
    return Token(row.id, grant, kind, row.expires_at, row.used_at, row.salt, used_after, row.last_used_at)


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


async def mark_rotated(tx: AsyncConnection, token_id: str, successor_id: str, salt: str, now: datetime) -> bool:
    """Use a refresh token up; of two who try at once, one gets True. The salt that it was itself made with goes."""
    mine = update(tokens).where(tokens.c.id == token_id, tokens.c.used_at.is_(None))
    if (await tx.execute(mine.values(used_at=now, successor_id=successor_id, salt=salt))).rowcount != 1:
        return False
    await tx.execute(update(tokens).where(tokens.c.successor_id == token_id).values(salt=None))
    return True


async def remove_token(tx: AsyncConnection, token_id: str) -> None:
    await tx.execute(delete(tokens).where(tokens.c.id == token_id))


async def add_code(tx: AsyncConnection, code: Code, secret_hash: str) -> None:
    await tx.execute(
        insert(codes).values(
            secret_hash=secret_hash,
            user_id=code.user_id,
            scope=code.scope,
            redirect_uri=code.redirect_uri,
            code_challenge=code.code_challenge,
            expires_at=code.expires_at,
        )
    )


async def code(tx: AsyncConnection, secret_hash: str) -> Code | None:
    row = (await tx.execute(select(codes).where(codes.c.secret_hash == secret_hash))).first()
    if row is None:
        return None
    return Code(row.user_id, row.scope, row.redirect_uri, row.code_challenge, row.expires_at, row.grant_id)


async def mark_code_used(tx: AsyncConnection, secret_hash: str, grant_id: str) -> bool:
    """Use a code up for this grant; of two who try at once, one gets True."""
    unused = update(codes).where(codes.c.secret_hash == secret_hash, codes.c.grant_id.is_(None))
    return (await tx.execute(unused.values(grant_id=grant_id))).rowcount == 1


async def open_agent_request(tx: AsyncConnection, state_hash: str, expires_at: datetime) -> bool:
    """Note a request the first time that its state is seen; whether this was the first time."""
    new = insert_into(tx, agent_requests).values(
        state_hash=state_hash, status=AgentStatus.PENDING.value, expires_at=expires_at
    )
    noted = await tx.execute(new.on_conflict_do_nothing().returning(agent_requests.c.state_hash))
    return noted.first() is not None


async def agent_request(tx: AsyncConnection, state_hash: str) -> AgentRequest | None:
    row = (await tx.execute(select(agent_requests).where(agent_requests.c.state_hash == state_hash))).first()
    if row is None:
        return None
    approved = None
    if row.user_id is not None:
        approved = Code(row.user_id, row.scope, row.redirect_uri, row.code_challenge, row.expires_at)
    return AgentRequest(AgentStatus(row.status), row.expires_at, approved)


async def move_agent_request(
    tx: AsyncConnection, state_hash: str, status: AgentStatus, now: datetime, approved: Code | None = None
) -> bool:
    """Take a request to a status, if it is where it may come from and not expired; of two who try, one gets True."""
    before = [status.value for status in agent_statuses_before(status)]
    rows = agent_requests.c
    open_one = update(agent_requests).where(
        rows.state_hash == state_hash, rows.status.in_(before), rows.expires_at > now
    )
    values: dict[str, object] = {"status": status.value}
    if approved:
        values |= {
            "user_id": approved.user_id,
            "scope": approved.scope,
            "redirect_uri": approved.redirect_uri,
            "code_challenge": approved.code_challenge,
        }
    return (await tx.execute(open_one.values(values))).rowcount == 1


async def add_foreign_sign_in(tx: AsyncConnection, state_hash: str, begun: ForeignSignIn) -> None:
    await tx.execute(
        insert(foreign_sign_ins).values(
            state_hash=state_hash,
            browser_hash=begun.browser_hash,
            nonce=begun.nonce,
            code_verifier=begun.code_verifier,
            redirect_uri=begun.redirect_uri,
            next_path=begun.next_path,
            expires_at=begun.expires_at,
        )
    )


async def take_foreign_sign_in(tx: AsyncConnection, state_hash: str) -> ForeignSignIn | None:
    """Read and remove: a state is good once."""
    taken = delete(foreign_sign_ins).where(foreign_sign_ins.c.state_hash == state_hash).returning(foreign_sign_ins)
    row = (await tx.execute(taken)).first()
    if row is None:
        return None
    return ForeignSignIn(
        row.browser_hash, row.nonce, row.code_verifier, row.redirect_uri, row.next_path, row.expires_at
    )


async def forget(tx: AsyncConnection, before: datetime, codes_before: datetime) -> None:
    """Remove what ended before these moments."""
    await tx.execute(delete(grants).where(grants.c.ends_at < before))
    await tx.execute(delete(tokens).where(tokens.c.expires_at < before))
    await tx.execute(delete(agent_requests).where(agent_requests.c.expires_at < before))
    await tx.execute(delete(foreign_sign_ins).where(foreign_sign_ins.c.expires_at < before))
    await tx.execute(delete(codes).where(codes.c.expires_at < codes_before))
