"""All SQL of the library: its tags, and the list over what the capabilities below keep."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    Table,
    Text,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts.repository import users
from minutebook.analysis.model import AnalysisType, ReportStatus
from minutebook.analysis.reports.repository import reports
from minutebook.bots.repository.bots import bots
from minutebook.db.database import metadata
from minutebook.library.model import LibraryQuery, Order, Origin, Position, Status, tag_key
from minutebook.meetings.repository import attendees, meetings
from minutebook.recordings.repository import recordings
from minutebook.sharing.repository import shared_with

tags = Table(
    "meeting_tags",
    metadata,
    Column("meeting_id", String(36), ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("owner_id", String(36), nullable=False),
    Column("tag", Text, nullable=False),
    Index("ix_meeting_tags_owner_id_key", "owner_id", "key"),
)

_FOLDED_TITLE = func.lower(meetings.c.title)


async def page(
    tx: AsyncConnection,
    owner_id: str,
    query: LibraryQuery,
    holding: Sequence[ColumnElement[bool]],
    after: Position | None,
) -> tuple[list[tuple[str, str]], Position | None]:
    """(id, owner) of the meetings on a page, and the position of its last one when more follow; `holding` are the
    conditions that stand for the words."""
    by = _FOLDED_TITLE if query.order is Order.TITLE else meetings.c.created_at
    newest = query.order is Order.NEWEST

    def part(whose: ColumnElement[bool]) -> Select[tuple[str, str, Any]]:
        found = select(meetings.c.id, meetings.c.owner_id, by.label("value")).where(whose, *holding, *_wanted(query))
        if after is not None:
            found = found.where(_behind(query.order, by, after))
        order = [by.desc(), meetings.c.id.desc()] if newest else [by.asc(), meetings.c.id.asc()]
        return select(found.order_by(*order).limit(query.limit + 1).subquery())

    # Each part is read along its index; together they would have to be sorted whole.
    parts = [part(meetings.c.owner_id == owner_id)] if query.origin is not Origin.SHARED else []
    if not query.trash and query.origin in {None, Origin.SHARED}:
        parts.append(part(meetings.c.id.in_(shared_with(owner_id)) & (meetings.c.owner_id != owner_id)))
    both = union_all(*parts).subquery()
    way = (both.c.value.desc(), both.c.id.desc()) if newest else (both.c.value.asc(), both.c.id.asc())
    rows = (await tx.execute(select(both).order_by(*way).limit(query.limit + 1))).all() if parts else []
    shown = rows[: query.limit]
    more = len(rows) > query.limit
    ids = [(row.id, row.owner_id) for row in shown]
    return ids, Position(_text(shown[-1].value), shown[-1].id) if more else None


async def names_of(tx: AsyncConnection, user_ids: Collection[str]) -> Mapping[str, str]:
    """What users are called."""
    rows = await tx.execute(select(users.c.id, users.c.display_name).where(users.c.id.in_(user_ids)))
    return {row.id: row.display_name for row in rows}


async def tags_of(tx: AsyncConnection, meeting_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """The tags of meetings, by meeting."""
    found: dict[str, tuple[str, ...]] = {}
    rows = await tx.execute(select(tags).where(tags.c.meeting_id.in_(meeting_ids)).order_by(tags.c.key))
    for row in rows:
        found[row.meeting_id] = (*found.get(row.meeting_id, ()), row.tag)
    return found


async def tags_of_owner(tx: AsyncConnection, owner_id: str) -> Sequence[str]:
    """All tags of an owner's meetings, each once."""
    rows = await tx.execute(
        select(tags.c.key, func.min(tags.c.tag).label("tag"))
        .where(tags.c.owner_id == owner_id)
        .group_by(tags.c.key)
        .order_by(tags.c.key)
    )
    return [row.tag for row in rows]


async def people_of(tx: AsyncConnection, owner_id: str, limit: int) -> Sequence[str]:
    """Names of attendees of an owner's meetings, those of most meetings first."""
    rows = await tx.execute(
        select(attendees.c.display_name)
        .join(meetings, meetings.c.id == attendees.c.meeting_id)
        .where(meetings.c.owner_id == owner_id, meetings.c.trashed_at.is_(None))
        .group_by(attendees.c.display_name)
        .order_by(func.count().desc(), attendees.c.display_name)
        .limit(limit)
    )
    return [row.display_name for row in rows]


async def from_bots(tx: AsyncConnection, meeting_ids: Sequence[str]) -> set[str]:
    """Those of the meetings that a bot recorded."""
    rows = await tx.execute(select(bots.c.meeting_id).where(bots.c.meeting_id.in_(meeting_ids)))
    return {row.meeting_id for row in rows}


async def add_tag(tx: AsyncConnection, owner_id: str, meeting_id: str, tag: str) -> None:
    """Give a meeting a tag; one that is spelled alike is replaced."""
    await remove_tag(tx, meeting_id, tag)
    await tx.execute(insert(tags).values(owner_id=owner_id, meeting_id=meeting_id, key=tag_key(tag), tag=tag))


async def remove_tag(tx: AsyncConnection, meeting_id: str, tag: str) -> None:
    """Take a tag from a meeting."""
    await tx.execute(delete(tags).where(tags.c.meeting_id == meeting_id, tags.c.key == tag_key(tag)))


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _behind(order: Order, by: ColumnElement[Any], after: Position) -> ColumnElement[bool]:
    value = after.value if order is Order.TITLE else datetime.fromisoformat(after.value)
    if order is Order.NEWEST:
        return or_(by < value, and_(by == value, meetings.c.id < after.meeting_id))
    return or_(by > value, and_(by == value, meetings.c.id > after.meeting_id))


def _wanted(query: LibraryQuery) -> list[ColumnElement[bool]]:
    trashed = meetings.c.trashed_at
    wanted: list[ColumnElement[bool]] = [trashed.is_not(None) if query.trash else trashed.is_(None)]
    if query.since is not None:
        wanted.append(meetings.c.created_at >= query.since)
    if query.until is not None:
        wanted.append(meetings.c.created_at < query.until)
    if query.person:
        same = or_(attendees.c.display_name == query.person, attendees.c.email == query.person)
        wanted.append(exists().where(attendees.c.meeting_id == meetings.c.id, same))
    if query.tag:
        wanted.append(exists().where(tags.c.meeting_id == meetings.c.id, tags.c.key == tag_key(query.tag)))
    if query.origin in {Origin.BOT, Origin.UPLOAD}:
        by_bot = exists().where(bots.c.meeting_id == meetings.c.id)
        wanted.append(by_bot if query.origin is Origin.BOT else ~by_bot)
    if query.status is not None:
        wanted.append(_has(query.status))
    return wanted


def _has(status: Status) -> ColumnElement[bool]:
    """Whether a meeting has a status: the rule of `analysis.model.outcome`, as SQL."""
    recorded = exists().where(recordings.c.meeting_id == meetings.c.id)
    if status is Status.CREATED:
        return ~recorded
    active = _newest(ReportStatus.PENDING, ReportStatus.PROCESSING)
    processing = and_(recorded, or_(active, ~_newest()))
    if status is Status.PROCESSING:
        return processing
    ended = and_(recorded, ~processing)
    untranscribed = _newest(ReportStatus.FAILED, of=AnalysisType.TRANSCRIPTION)
    if status is Status.FAILED:
        return and_(ended, untranscribed)
    lacking = _newest(ReportStatus.FAILED)
    return and_(ended, ~untranscribed, lacking if status is Status.PARTIAL else ~lacking)


def _newest(*statuses: ReportStatus, of: AnalysisType | None = None) -> ColumnElement[bool]:
    """Whether a meeting's recording has a report, the newest of its type, in one of these states (any, without)."""
    newer = reports.alias()
    is_newest = ~exists().where(
        newer.c.recording_id == reports.c.recording_id,
        newer.c.type == reports.c.type,
        newer.c.version > reports.c.version,
    )
    where = [recordings.c.meeting_id == meetings.c.id, reports.c.recording_id == recordings.c.id, is_newest]
    if statuses:
        where.append(reports.c.status.in_([status.value for status in statuses]))
    if of is not None:
        where.append(reports.c.type == of.value)
    return exists().where(*where)
