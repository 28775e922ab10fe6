"""What recordings tell the rest: kinds of event, each with the recording as its subject and `meeting_id` as payload.

`UPLOADED` also carries `automatic`, false when nothing is to be made of the recording by itself."""

from minutebook.db.events import Event
from minutebook.recordings.model import Recording

UPLOADED = "recording.uploaded"
REPLACED = "recording.replaced"
"""Another recording takes this one's place. Published before the row goes, like `REMOVED`."""
REMOVED = "recording.removed"
"""The meeting is deleted, and the recording with it."""


def recording_event(kind: str, recording: Recording, *, automatic: bool = True) -> Event:
    """An event about this recording."""
    payload: dict[str, object] = {"meeting_id": recording.meeting_id}
    if not automatic:
        payload["automatic"] = False
    return Event(kind=kind, owner_id=recording.owner_id, subject_id=recording.id, payload=payload)
