"""Links by which strangers see a meeting."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.errors import MinutebookError, not_found
from minutebook.kit.clock import Clock
from minutebook.kit.ids import fingerprint, new_id, new_secret
from minutebook.meetings.model import Meeting
from minutebook.meetings.service import Meetings
from minutebook.sharing import repository
from minutebook.sharing.model import LIFE, LINKS_MAX, Lasts, ShareLink, too_many_links


class Sharing:
    """Makes, opens and revokes links."""

    def __init__(self, clock: Clock, meetings: Meetings) -> None:
        self._clock = clock
        self._meetings = meetings

    async def create_link(
        self,
        tx: AsyncConnection,
        owner_id: str,
        meeting_id: str,
        lasts: Lasts,
        *,
        shows_recording: bool = True,
        shows_transcript: bool = True,
    ) -> tuple[ShareLink, str]:
        """A new link to a meeting of this owner, and its secret, which is kept nowhere and shown this once. Raises
        `session_not_found`, `links_too_many`."""
        meeting = await self._meetings.get(tx, owner_id, meeting_id, lock=True)
        if len(await repository.of_meeting(tx, owner_id, meeting.id)) >= LINKS_MAX:
            raise too_many_links()
        now, secret = self._clock.now(), new_secret("mbs")
        link = ShareLink(new_id(), meeting.id, owner_id, shows_recording, shows_transcript, now, now + LIFE[lasts])
        await repository.add(tx, link, fingerprint(secret))
        return link, secret

    async def links(self, tx: AsyncConnection, owner_id: str, meeting_id: str) -> Sequence[ShareLink]:
        """The links of a meeting that open, newest first; `session_not_found`."""
        meeting = await self._meetings.get(tx, owner_id, meeting_id)
        now = self._clock.now()
        return [link for link in await repository.of_meeting(tx, owner_id, meeting.id) if link.opens_at(now)]

    async def revoke(self, tx: AsyncConnection, owner_id: str, meeting_id: str, link_id: str) -> None:
        """Let a link open no more, from the next request on; `link_not_found`."""
        if not await repository.revoke(tx, owner_id, meeting_id, link_id, self._clock.now()):
            raise not_found("link")

    async def open(self, tx: AsyncConnection, secret: str) -> tuple[ShareLink, Meeting]:
        """The link with this secret and its meeting. One that never was, that is expired or revoked, and one whose
        meeting is in the trash cannot be told apart: `link_not_found`."""
        link = await repository.of_secret(tx, fingerprint(secret))
        if link is None or not link.opens_at(self._clock.now()):
            raise not_found("link")
        try:
            meeting = await self._meetings.get(tx, link.owner_id, link.meeting_id)
        except MinutebookError as error:
            raise not_found("link") from error
        if meeting.trashed_at is not None:
            raise not_found("link")
        # What a stranger sees names people and keeps their addresses.
        return link, replace(meeting, attendees=tuple(replace(a, email="") for a in meeting.attendees))
