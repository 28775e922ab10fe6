"""All SQL of sharing."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Boolean, Column, ForeignKey, String, Table, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import metadata
from minutebook.db.types import UtcDateTime
from minutebook.sharing.model import ShareLink

share_links = Table(
    "share_links",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("meeting_id", String(36), ForeignKey("meetings.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("owner_id", String(36), nullable=False),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("shows_recording", Boolean, nullable=False),
    Column("shows_transcript", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)


async def add(tx: AsyncConnection, link: ShareLink, secret_hash: str) -> None:
    """Store a new link."""
    await tx.execute(
        insert(share_links).values(
            id=link.id,
            meeting_id=link.meeting_id,
            owner_id=link.owner_id,
            secret_hash=secret_hash,
            shows_recording=link.shows_recording,
            shows_transcript=link.shows_transcript,
            created_at=link.created_at,
            expires_at=link.expires_at,
        )
    )


async def of_meeting(tx: AsyncConnection, owner_id: str, meeting_id: str) -> Sequence[ShareLink]:
    """The links of a meeting of this owner that are not revoked, newest first."""
    mine = select(share_links).where(share_links.c.owner_id == owner_id, share_links.c.meeting_id == meeting_id)
    rows = await tx.execute(mine.where(share_links.c.revoked_at.is_(None)).order_by(share_links.c.id.desc()))
    return [_link(row) for row in rows]


async def of_secret(tx: AsyncConnection, secret_hash: str) -> ShareLink | None:
    """The link with this secret."""
    row = (await tx.execute(select(share_links).where(share_links.c.secret_hash == secret_hash))).one_or_none()
    return _link(row) if row is not None else None


async def revoke(tx: AsyncConnection, owner_id: str, meeting_id: str, link_id: str, at: datetime) -> bool:
    """Let a link open no more; False when this owner's meeting has none of this id that did."""
    statement = update(share_links).where(
        share_links.c.id == link_id,
        share_links.c.owner_id == owner_id,
        share_links.c.meeting_id == meeting_id,
        share_links.c.revoked_at.is_(None),
    )
    return (await tx.execute(statement.values(revoked_at=at))).rowcount == 1


def _link(row: Row[tuple[object, ...]]) -> ShareLink:
    return ShareLink(
        id=row.id,
        meeting_id=row.meeting_id,
        owner_id=row.owner_id,
        shows_recording=row.shows_recording,
        shows_transcript=row.shows_transcript,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
