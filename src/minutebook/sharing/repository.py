"""All SQL of sharing."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    Table,
    and_,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts.repository import users
from minutebook.db.database import metadata
from minutebook.db.types import UtcDateTime
from minutebook.meetings.repository import meetings
from minutebook.sharing.model import Group, Right, Share, ShareLink

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


groups = Table(
    "groups",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner_id", String(36), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(100), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

group_members = Table(
    "group_members",
    metadata,
    Column("group_id", String(36), ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", String(36), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True),
)

shares = Table(
    "shares",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("meeting_id", String(36), ForeignKey("meetings.id", ondelete="CASCADE"), nullable=False),
    Column("owner_id", String(36), nullable=False),
    Column("user_id", String(36), ForeignKey("users.id", ondelete="CASCADE")),
    Column("group_id", String(36), ForeignKey("groups.id", ondelete="CASCADE"), index=True),
    Column("right", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_shares_meeting_id", "meeting_id"),
    Index("ix_shares_user_id", "user_id"),
)
"""With whom meetings are shared: a row has either a user or a group."""


def shared_with(user_id: str) -> Select[tuple[str]]:
    """The query for the meetings that are shared with this user by their owners."""
    owned = and_(meetings.c.id == shares.c.meeting_id, meetings.c.owner_id == shares.c.owner_id)
    return select(shares.c.meeting_id).join(meetings, owned).where(_reaches(user_id))


async def shared(tx: AsyncConnection, user_id: str, meeting_id: str) -> tuple[str, Right] | None:
    """Whose a meeting is that is shared with this user, and the most that they may do with it. The owner is the
    meeting's own: a share that names anybody else opens nothing."""
    query = select(shares.c.owner_id, shares.c.right).where(shares.c.meeting_id == meeting_id, _reaches(user_id))
    query = query.join(meetings, and_(meetings.c.id == shares.c.meeting_id, meetings.c.owner_id == shares.c.owner_id))
    rows = [(row.owner_id, Right(row.right)) for row in await tx.execute(query)]
    return next((row for row in rows if row[1] is Right.CORRECT), rows[0] if rows else None)


async def shares_of(tx: AsyncConnection, owner_id: str, meeting_id: str) -> Sequence[Share]:
    """With whom a meeting of this owner is shared, the oldest share first."""
    query = (
        select(shares, users.c.display_name, users.c.email, groups.c.name)
        .outerjoin(users, users.c.id == shares.c.user_id)
        .outerjoin(groups, groups.c.id == shares.c.group_id)
        .where(shares.c.owner_id == owner_id, shares.c.meeting_id == meeting_id)
        .order_by(shares.c.id)
    )
    return [
        Share(
            row.id,
            row.meeting_id,
            Right(row.right),
            row.name if row.group_id else f"{row.display_name} ({row.email})",
            row.email,
            row.group_id,
            row.created_at,
        )
        for row in await tx.execute(query)
    ]


async def add_share(
    tx: AsyncConnection,
    share_id: str,
    meeting_id: str,
    owner_id: str,
    user_id: str | None,
    group_id: str | None,
    right: Right,
    at: datetime,
) -> None:
    """Share with a user or a group."""
    values = {"id": share_id, "meeting_id": meeting_id, "owner_id": owner_id, "user_id": user_id}
    await tx.execute(insert(shares).values(**values, group_id=group_id, right=right.value, created_at=at))


async def unshare_with(tx: AsyncConnection, meeting_id: str, user_id: str | None, group_id: str | None) -> None:
    """Remove the share of a meeting with this user or group."""
    whom = shares.c.user_id == user_id if user_id else shares.c.group_id == group_id
    await tx.execute(delete(shares).where(shares.c.meeting_id == meeting_id, whom))


async def unshare(tx: AsyncConnection, owner_id: str, meeting_id: str, share_id: str) -> bool:
    """Remove a share of this owner's meeting; False when there is none of this id."""
    mine = delete(shares).where(shares.c.id == share_id, shares.c.owner_id == owner_id)
    return (await tx.execute(mine.where(shares.c.meeting_id == meeting_id))).rowcount == 1


async def leave(tx: AsyncConnection, user_id: str, meeting_id: str) -> bool:
    """Remove the share of a meeting with this user alone; False when there is none."""
    own = delete(shares).where(shares.c.user_id == user_id, shares.c.meeting_id == meeting_id)
    return (await tx.execute(own)).rowcount > 0


async def groups_of(tx: AsyncConnection, owner_id: str) -> Sequence[Group]:
    """A user's groups with their members, both by name."""
    members = (
        select(group_members.c.group_id, users.c.id, users.c.display_name, users.c.email)
        .join(users, users.c.id == group_members.c.user_id)
        .join(groups, groups.c.id == group_members.c.group_id)
        .where(groups.c.owner_id == owner_id)
        .order_by(users.c.display_name, users.c.id)
    )
    by_group: dict[str, list[tuple[str, str, str]]] = {}
    for row in await tx.execute(members):
        by_group.setdefault(row.group_id, []).append((row.id, row.display_name, row.email))
    rows = await tx.execute(select(groups).where(groups.c.owner_id == owner_id).order_by(groups.c.name, groups.c.id))
    return [Group(row.id, row.name, tuple(by_group.get(row.id, ()))) for row in rows]


async def add_group(tx: AsyncConnection, group_id: str, owner_id: str, name: str, at: datetime) -> None:
    """Store a new group."""
    await tx.execute(insert(groups).values(id=group_id, owner_id=owner_id, name=name, created_at=at))


async def remove_group(tx: AsyncConnection, group_id: str) -> None:
    """Delete a group, its members and its shares."""
    await tx.execute(delete(groups).where(groups.c.id == group_id))


async def add_member(tx: AsyncConnection, group_id: str, user_id: str) -> None:
    """Add a member."""
    await tx.execute(insert(group_members).values(group_id=group_id, user_id=user_id))


async def remove_member(tx: AsyncConnection, group_id: str, user_id: str) -> None:
    """Take a member out."""
    gone = delete(group_members).where(group_members.c.group_id == group_id, group_members.c.user_id == user_id)
    await tx.execute(gone)


def _reaches(user_id: str) -> ColumnElement[bool]:
    """Whether a share is with this user, alone or in a group."""
    mine = select(group_members.c.group_id).where(group_members.c.user_id == user_id)
    return or_(shares.c.user_id == user_id, shares.c.group_id.in_(mine))


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


async def restore(tx: AsyncConnection, owner_id: str, meeting_id: str, link_id: str, since: datetime) -> bool:
    """Let a link open again that was revoked after this moment; False when this owner's meeting has none such."""
    statement = update(share_links).where(
        share_links.c.id == link_id,
        share_links.c.owner_id == owner_id,
        share_links.c.meeting_id == meeting_id,
        share_links.c.revoked_at > since,
    )
    return (await tx.execute(statement.values(revoked_at=None))).rowcount == 1


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
