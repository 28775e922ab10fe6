"""What recordings tell the rest: kinds of event, each with the recording as its subject and `meeting_id` as payload."""

from minutebook.db.events import Event
from minutebook.recordings.model import Recording

UPLOADED = "recording.uploaded"
REPLACED = "recording.replaced"
"""Another recording takes this one's place. Published before the row goes, like `REMOVED`."""
REMOVED = "recording.removed"
"""The meeting is deleted, and the recording with it."""


def recording_event(kind: str, recording: Recording) -> Event:
    """An event about this recording."""
    payload = {"meeting_id": recording.meeting_id}
    return Event(kind=kind, owner_id=recording.owner_id, subject_id=recording.id, payload=payload)
