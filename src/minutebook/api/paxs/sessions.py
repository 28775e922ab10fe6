"""`/api/sessions`: meetings."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header, Query

from minutebook.api.deps import Db, Read, RecordsOf, SessionCaller, Tx
from minutebook.api.paxs.render import rendered_sessions
from minutebook.api.paxs.schemas import AttendeeIn, SessionIn, SessionOut, SessionPage, errors
from minutebook.meetings.model import AttendeeDraft
from minutebook.meetings.service import PAGE_SIZE_MAX, MeetingDraft

_Q = """Words of title, description, attendees' names or addresses, note or transcript; "phrases" in quotes; or the
beginning of an id."""

router = APIRouter(prefix="/api/sessions", tags=["sessions"])

IdempotencyKey = Annotated[
    str | None, Header(description="A repeated request with the same key and body returns the same meeting.")
]


@router.post("", status_code=201, summary="Create a meeting", responses=errors(400, 409))
async def create(
    caller: SessionCaller,
    records: RecordsOf,
    body: SessionIn,
    db: Db,
    idempotency_key: IdempotencyKey = None,
) -> SessionOut:
    """Make a meeting; `attendees` is required, with `email` and `displayName` each. With an `Idempotency-Key` a
    repeated request returns the meeting that is there; the same key with another body is a conflict."""
    async with db.transaction() as tx:
        meeting = await records.meetings.create(tx, caller.user_id, _draft(body), idempotency_key=idempotency_key)
    async with db.reading() as read:
        return (await rendered_sessions(records, read, [meeting]))[0]


@router.get("", summary="List meetings", responses=errors(400))
async def page(
    caller: SessionCaller,
    records: RecordsOf,
    read: Read,
    page: Annotated[int, Query(description="From 1.")] = 1,
    page_size: Annotated[int, Query(description=f"1 to {PAGE_SIZE_MAX}.")] = 20,
    q: Annotated[str, Query(description=_Q)] = "",
) -> SessionPage:
    """Your meetings, newest first. A query that none holds in full is shortened to what was said."""
    listed = partial(records.meetings.list, read, caller.user_id, page=page, page_size=page_size)
    found = await listed(query=q, mentioned=records.search.mentioned)
    if q and not found.total and (shorter := await records.search.shortened(read, caller.user_id, q)):
        found = await listed(query=shorter, mentioned=records.search.mentioned)
    items = await rendered_sessions(records, read, found.items)
    return SessionPage(items=items, page=found.page, page_size=found.page_size, total=found.total)


@router.get("/{session_id}", summary="Get a meeting", responses=errors(404))
async def get(caller: SessionCaller, records: RecordsOf, session_id: str, read: Read) -> SessionOut:
    """One meeting with its recording."""
    meeting = await records.meetings.get(read, caller.user_id, session_id)
    return (await rendered_sessions(records, read, [meeting]))[0]


@router.patch("/{session_id}", summary="Change a meeting", responses=errors(400, 404))
async def change(caller: SessionCaller, records: RecordsOf, session_id: str, body: SessionIn, db: Db) -> SessionOut:
    """Change what is sent and keep the rest. `attendees`, when sent, replaces the whole list."""
    async with db.transaction() as tx:
        meeting = await records.meetings.update(tx, caller.user_id, session_id, _draft(body))
    async with db.reading() as read:
        return (await rendered_sessions(records, read, [meeting]))[0]


@router.delete("/{session_id}", status_code=204, summary="Delete a meeting", responses=errors(404))
async def delete(caller: SessionCaller, records: RecordsOf, session_id: str, tx: Tx) -> None:
    """Delete a meeting with its media, transcripts, notes and everything derived from them."""
    await records.meetings.delete(tx, caller.user_id, session_id)


def _draft(body: SessionIn) -> MeetingDraft:
    attendees = None if body.attendees is None else tuple(_attendee(attendee) for attendee in body.attendees)
    return MeetingDraft(title=body.title, description=body.description, attendees=attendees)


def _attendee(attendee: AttendeeIn) -> AttendeeDraft:
    return AttendeeDraft(attendee.email, attendee.display_name, attendee.role, attendee.source)
