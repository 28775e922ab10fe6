"""What meetings tell the rest: kinds of event, each with the meeting as its subject."""

from minutebook.db.events import Event
from minutebook.meetings.model import Meeting

CREATED = "meeting.created"
UPDATED = "meeting.updated"
TRASHED = "meeting.trashed"
RESTORED = "meeting.restored"
DELETED = "meeting.deleted"
"""Published before the meeting's row goes: subscribers take away what hangs on it, in the same transaction."""


def meeting_event(kind: str, meeting: Meeting) -> Event:
    """An event about this meeting."""
    return Event(kind=kind, owner_id=meeting.owner_id, subject_id=meeting.id)
