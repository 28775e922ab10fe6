"""What a calendar knows of a meeting goes into its record: the title, and who was invited, as candidates for names."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.bots import events as bot_events
from minutebook.bots.service import Bots
from minutebook.calendars.model import StoredEvent
from minutebook.calendars.repository import events as repository
from minutebook.db.events import Event, Events
from minutebook.errors import MinutebookError
from minutebook.kit.text import folded
from minutebook.meetings.model import (
    ATTENDEES_MAX,
    NAME_MAX,
    TITLE_MAX,
    Attendee,
    AttendeeDraft,
    AttendeeSource,
    checked_attendees,
)
from minutebook.meetings.service import MeetingDraft, Meetings

MOST_CANDIDATES: Final = 200
"""So many people of an invitation are copied: names of a whole company help nobody."""


class Records:
    """Completes the meetings of bots that were sent to events."""

    def __init__(self, bots: Bots, meetings: Meetings) -> None:
        self._bots = bots
        self._meetings = meetings

    def subscribe(self, events: Events) -> None:
        """Follow what bots bring home: called once, by wiring."""
        events.subscribe(bot_events.RECORDED, self._on_recorded)

    async def _on_recorded(self, tx: AsyncConnection, event: Event) -> None:
        found = await repository.with_bots(tx, [event.subject_id])
        if not found:
            return
        meeting = await self._meetings.get(tx, event.owner_id, str(event.payload["meeting_id"]))
        people = with_invited(meeting.attendees, found)
        title = next((each.title for each in found if each.title.strip()), None)
        draft = MeetingDraft(title=title[:TITLE_MAX] if title else None, attendees=people)
        await self._meetings.update(tx, event.owner_id, meeting.id, draft)


def with_invited(there: Sequence[Attendee], events: Sequence[StoredEvent]) -> list[AttendeeDraft]:
    """The attendees, and those invited to the events who are not among them; who has no valid address is left out."""
    people = [AttendeeDraft(each.email, each.display_name, each.role, each.source.value) for each in there]
    known = {folded(each.email) for each in there}
    for person in (person for event in events for person in event.attendees):
        draft = AttendeeDraft(
            person.email,
            (person.name or person.email.partition("@")[0])[:NAME_MAX],
            source=AttendeeSource.EVENT.value,
        )
        if folded(person.email) in known or len(people) >= min(ATTENDEES_MAX, len(there) + MOST_CANDIDATES):
            continue
        try:
            checked_attendees([draft])
        except MinutebookError:
            continue
        known.add(folded(person.email))
        people.append(draft)
    return people
