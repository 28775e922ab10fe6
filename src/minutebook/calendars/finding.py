"""Calendars and events of their owners: nobody else's are ever found."""

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.calendars.model import Calendar, StoredEvent
from minutebook.calendars.repository import calendars as repository
from minutebook.calendars.repository import events as events_repository
from minutebook.errors import not_found
from minutebook.kit.ids import is_id


async def calendar_of(tx: AsyncConnection, owner_id: str, calendar_id: str, *, lock: bool = False) -> Calendar:
    """One calendar; `calendar_not_found` when there is none of this owner."""
    found = await repository.find(tx, owner_id, calendar_id, lock=lock) if is_id(calendar_id) else None
    if found is None:
        raise not_found("calendar")
    return found


async def event_of(tx: AsyncConnection, owner_id: str, event_id: str) -> StoredEvent:
    """One event, deleted ones too; `event_not_found` when there is none of this owner."""
    found = await events_repository.find(tx, owner_id, event_id) if is_id(event_id) else None
    if found is None:
        raise not_found("event")
    return found
