"""What calendars tell the rest: kinds of event, each with the calendar as its subject."""

from collections.abc import Sequence
from typing import Final

from minutebook.calendars.model import Calendar
from minutebook.db.events import Event

CONNECTED: Final = "calendar.connected"
SYNCED: Final = "calendar.synced"
"""Events were added, changed or deleted. Payload: `affected`, their ids; `at`, when."""
REVOKED: Final = "calendar.revoked"
"""The provider does not accept the credentials any more. Payload: `message`."""
REMOVED: Final = "calendar.removed"


def calendar_event(kind: str, calendar: Calendar, **payload: object) -> Event:
    """An event about this calendar."""
    return Event(kind=kind, owner_id=calendar.owner_id, subject_id=calendar.id, payload=payload)


def synced(calendar: Calendar, affected: Sequence[str], at: str) -> Event:
    """The event of a sync that changed something."""
    return calendar_event(SYNCED, calendar, affected=list(affected), at=at)
