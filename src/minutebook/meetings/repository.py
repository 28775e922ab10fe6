"""All SQL of meetings."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import metadata
from minutebook.db.types import UtcDateTime
from minutebook.db.upserts import insert_into
from minutebook.meetings.model import Attendee, AttendeeSource, Meeting, search_text

IDS_AT_ONCE = 500
"""In one statement, whose parameters a database limits."""
_ID_BEGINNING = re.compile(r"[0-9a-f]{6}[0-9a-f-]{0,30}")
"""A term that may be the beginning of an id, or a whole one; shorter ones fit by chance."""

meetings = Table(
    "meetings",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner_id", String(36), nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("search_text", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("trashed_at", UtcDateTime),
    Column("held_at", UtcDateTime),
    Index("ix_meetings_owner_id_created_at", "owner_id", "created_at", "id"),
)

attendees = Table(
    "attendees",
    metadata,
    Column("meeting_id", String(36), ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("email", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("source", String(32), nullable=False),
)

idempotency = Table(
    "meeting_requests",
    metadata,
    Column("owner_id", String(36), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("meeting_id", String(36), nullable=False, index=True),
)


async def claim(tx: AsyncConnection, owner_id: str, key: str, fingerprint: str, meeting_id: str) -> tuple[str, str]:
    """Tie an idempotency key to a meeting that is about to be made, or find the one it is tied to: (fingerprint,
    meeting id). Of two at the same time, the second waits here for the first and then sees its claim."""
    values = {"owner_id": owner_id, "key": key, "fingerprint": fingerprint, "meeting_id": meeting_id}
    await tx.execute(insert_into(tx, idempotency).values(**values).on_conflict_do_nothing())
    row = (
        await tx.execute(
            select(idempotency.c.fingerprint, idempotency.c.meeting_id).where(
                idempotency.c.owner_id == owner_id, idempotency.c.key == key
            )
        )
    ).one()
    return row.fingerprint, row.meeting_id


async def add(tx: AsyncConnection, meeting: Meeting) -> None:
    """Store a new meeting with its attendees."""
    await tx.execute(insert(meetings).values(id=meeting.id, owner_id=meeting.owner_id, **_columns(meeting)))
    await _write_attendees(tx, meeting)


async def change(tx: AsyncConnection, meeting: Meeting) -> None:
    """Overwrite a meeting and its attendees."""
    await tx.execute(update(meetings).where(meetings.c.id == meeting.id).values(**_columns(meeting)))
    await tx.execute(delete(attendees).where(attendees.c.meeting_id == meeting.id))
    await _write_attendees(tx, meeting)


async def remove(tx: AsyncConnection, meeting_id: str) -> None:
    """Delete a meeting, its attendees and its idempotency keys."""
    await tx.execute(delete(idempotency).where(idempotency.c.meeting_id == meeting_id))
    await tx.execute(delete(meetings).where(meetings.c.id == meeting_id))


async def find(tx: AsyncConnection, owner_id: str, meeting_id: str, *, lock: bool = False) -> Meeting | None:
    """One meeting of this owner; `lock` keeps other writers off it until the transaction ends."""
    query = select(meetings).where(meetings.c.id == meeting_id, meetings.c.owner_id == owner_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        return None
    return _meeting(row, await _attendees_of(tx, [meeting_id]))


async def page(
    tx: AsyncConnection,
    owner_id: str,
    terms: Sequence[str],
    *,
    limit: int,
    offset: int,
    mentioned: Mapping[str, Select[tuple[str]]] = MappingProxyType({}),
) -> tuple[Meeting, ...]:
    """Meetings of this owner that hold all `terms`, newest first; `mentioned` has for terms the query for meetings that
    hold them elsewhere. None from the trash."""
    newest = (meetings.c.created_at.desc(), meetings.c.id.desc())
    # Pages far behind are skipped in the index, without a look at what they hold.
    matching = _matching(owner_id, terms, mentioned)
    ids = select(meetings.c.id).where(*matching).order_by(*newest).limit(limit).offset(offset)
    query = select(meetings).where(meetings.c.id.in_(ids)).order_by(*newest)
    return await _meetings(tx, (await tx.execute(query)).all())


async def count(
    tx: AsyncConnection,
    owner_id: str,
    terms: Sequence[str],
    mentioned: Mapping[str, Select[tuple[str]]],
    at_most: int | None,
) -> int:
    """How many meetings `page` goes through; counting ends at `at_most`."""
    found = select(meetings.c.id).where(*_matching(owner_id, terms, mentioned)).limit(at_most).subquery()
    return int((await tx.execute(select(func.count()).select_from(found))).scalar_one())


def _matching(
    owner_id: str, terms: Sequence[str], mentioned: Mapping[str, Select[tuple[str]]]
) -> list[ColumnElement[bool]]:
    return [meetings.c.owner_id == owner_id, meetings.c.trashed_at.is_(None), *holding(terms, mentioned)]


def holding(terms: Sequence[str], mentioned: Mapping[str, Select[tuple[str]]]) -> list[ColumnElement[bool]]:
    """The conditions on a meeting that holds all terms, itself or where `mentioned` looks; its id holds what it begins
    with."""
    return [
        or_(
            meetings.c.search_text.contains(term, autoescape=True),
            *([meetings.c.id.startswith(term)] if _ID_BEGINNING.fullmatch(term) else ()),
            *([meetings.c.id.in_(ids)] if ids is not None else ()),
        )
        for term in terms
        for ids in (mentioned.get(term),)
    ]


async def owners(tx: AsyncConnection, meeting_ids: Sequence[str]) -> Mapping[str, str]:
    """Meeting → owner."""
    found: dict[str, str] = {}
    for begin in range(0, len(meeting_ids), IDS_AT_ONCE):
        some = meeting_ids[begin : begin + IDS_AT_ONCE]
        rows = await tx.execute(select(meetings.c.id, meetings.c.owner_id).where(meetings.c.id.in_(some)))
        found |= {row.id: row.owner_id for row in rows}
    return found


async def load(tx: AsyncConnection, owner_id: str, ids: Sequence[str]) -> tuple[Meeting, ...]:
    """Those of the meetings that are this owner's, in the order of `ids`."""
    rows = (await tx.execute(select(meetings).where(meetings.c.owner_id == owner_id, meetings.c.id.in_(ids)))).all()
    by_id = {row.id: row for row in rows}
    return await _meetings(tx, [by_id[meeting_id] for meeting_id in ids if meeting_id in by_id])


async def set_trashed(tx: AsyncConnection, ids: Sequence[str], at: datetime | None) -> None:
    """Put meetings into the trash, or take them out with None."""
    await tx.execute(update(meetings).where(meetings.c.id.in_(ids)).values(trashed_at=at))


async def set_held(tx: AsyncConnection, meeting_id: str, at: datetime | None) -> None:
    """Hold a meeting, or let it go."""
    await tx.execute(update(meetings).where(meetings.c.id == meeting_id).values(held_at=at))


async def trashed_before(tx: AsyncConnection, before: datetime, limit: int) -> Sequence[tuple[str, str]]:
    """Meetings that have been in the trash since before then: (owner, id)."""
    query = select(meetings.c.owner_id, meetings.c.id).where(
        meetings.c.trashed_at < before, meetings.c.held_at.is_(None)
    )
    return [(row.owner_id, row.id) for row in await tx.execute(query.order_by(meetings.c.trashed_at).limit(limit))]


def _columns(meeting: Meeting) -> dict[str, object]:
    return {
        "title": meeting.title,
        "description": meeting.description,
        "search_text": search_text(meeting.title, meeting.description, meeting.attendees),
        "created_at": meeting.created_at,
        "updated_at": meeting.updated_at,
    }


async def _write_attendees(tx: AsyncConnection, meeting: Meeting) -> None:
    rows = [
        {
            "meeting_id": meeting.id,
            "position": position,
            "email": attendee.email,
            "display_name": attendee.display_name,
            "role": attendee.role,
            "source": attendee.source.value,
        }
        for position, attendee in enumerate(meeting.attendees)
    ]
    await tx.execute(insert(attendees), rows)


async def _attendees_of(tx: AsyncConnection, ids: Sequence[str]) -> Mapping[str, tuple[Attendee, ...]]:
    query = select(attendees).where(attendees.c.meeting_id.in_(ids))
    found: dict[str, list[Attendee]] = {}
    for row in await tx.execute(query.order_by(attendees.c.meeting_id, attendees.c.position)):
        attendee = Attendee(row.email, row.display_name, row.role, AttendeeSource(row.source))
        found.setdefault(row.meeting_id, []).append(attendee)
    return {meeting_id: tuple(people) for meeting_id, people in found.items()}


async def _meetings(tx: AsyncConnection, rows: Sequence[Row[tuple[object, ...]]]) -> tuple[Meeting, ...]:
    people = await _attendees_of(tx, [row.id for row in rows])
    return tuple(_meeting(row, people) for row in rows)


def _meeting(row: Row[tuple[object, ...]], people: Mapping[str, tuple[Attendee, ...]]) -> Meeting:
    return Meeting(
        id=row.id,
        owner_id=row.owner_id,
        title=row.title,
        description=row.description,
        attendees=people.get(row.id, ()),
        created_at=row.created_at,
        updated_at=row.updated_at,
        trashed_at=row.trashed_at,
        held_at=row.held_at,
    )
