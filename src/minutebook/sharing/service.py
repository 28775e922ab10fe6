"""Who sees a meeting besides its owner: users, groups, and strangers with a link."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts.service import Accounts
from minutebook.errors import Kind, MinutebookError, invalid, not_found
from minutebook.kit.clock import Clock
from minutebook.kit.ids import fingerprint, is_id, new_id, new_secret
from minutebook.meetings.model import Meeting
from minutebook.meetings.service import Meetings
from minutebook.sharing import repository
from minutebook.sharing.groups import Groups
from minutebook.sharing.model import (
    LIFE,
    LINKS_MAX,
    REVOKED_FOR,
    SHARES_MAX,
    Lasts,
    Right,
    Share,
    ShareLink,
    too_many,
    too_many_links,
)


class Sharing:
    """Lets others see what its owner shares, until it is revoked."""

    def __init__(self, clock: Clock, accounts: Accounts, meetings: Meetings) -> None:
        self._clock = clock
        self._accounts = accounts
        self._meetings = meetings
        self.groups = Groups(clock, accounts)

    async def meeting(
        self, tx: AsyncConnection, user_id: str, meeting_id: str, least: Right = Right.READ, *, lock: bool = False
    ) -> Meeting:
        """A meeting of this user's, or one that is shared with them to do at least this. Its `owner_id` is whom further
        calls act for. `session_not_found`; `share_too_little` when it is shared for less."""
        if least is not Right.OWN and is_id(meeting_id):
            shared = await repository.shared(tx, user_id, meeting_id)
            if shared is not None:
                owner_id, right = shared
                meeting = await self._meetings.get(tx, owner_id, meeting_id, lock=lock)
                if meeting.trashed_at is not None:
                    raise not_found("session")
                if not right.allows(least):
                    message = "This meeting is shared with you for reading. Ask its owner to let you correct it."
                    raise MinutebookError(Kind.FORBIDDEN, "share_too_little", message)
                return meeting
        return await self._meetings.get(tx, user_id, meeting_id, lock=lock)

    async def readable(self, tx: AsyncConnection, user_id: str, meeting_ids: Sequence[str]) -> Sequence[Meeting]:
        """Those of the meetings that this user may see; their own come first."""
        own = list(await self._meetings.of_ids(tx, user_id, meeting_ids))
        others = set(meeting_ids) - {meeting.id for meeting in own}
        for meeting_id in filter(is_id, others):
            if await repository.shared(tx, user_id, meeting_id) is not None:
                with suppress(MinutebookError):  # in the trash
                    own.append(await self.meeting(tx, user_id, meeting_id))
        return own

    async def right_to(self, tx: AsyncConnection, user_id: str, meeting: Meeting) -> Right:
        """What this user may do with a meeting that they may see."""
        if meeting.owner_id == user_id:
            return Right.OWN
        shared = await repository.shared(tx, user_id, meeting.id)
        return shared[1] if shared else Right.READ

    async def share(
        self, tx: AsyncConnection, owner_id: str, meeting_id: str, right: Right, *, email: str = "", group_id: str = ""
    ) -> None:
        """Share a meeting of this owner with a user, by their address, or with a group of the owner's; who has it
        already has it with this right from now on. `session_not_found`, `user_not_found`, `group_not_found`,
        `share_with_oneself`, `shares_too_many`."""
        meeting = await self._meetings.get(tx, owner_id, meeting_id, lock=True)
        user_id = None
        if group_id:
            await self.groups.get(tx, owner_id, group_id)
        else:
            user_id = (await self._accounts.user_by_email(tx, email)).id
            if user_id == owner_id:
                raise invalid("share_with_oneself", "This meeting is yours already.", "email")
        await repository.unshare_with(tx, meeting.id, user_id, group_id or None)
        if len(await repository.shares_of(tx, owner_id, meeting.id)) >= SHARES_MAX:
            raise too_many("shares", SHARES_MAX)
        await repository.add_share(
            tx, new_id(), meeting.id, owner_id, user_id, group_id or None, right, self._clock.now()
        )

    async def shares(self, tx: AsyncConnection, owner_id: str, meeting_id: str) -> Sequence[Share]:
        """With whom a meeting of this owner is shared, in the order in which it was; `session_not_found`."""
        meeting = await self._meetings.get(tx, owner_id, meeting_id)
        return await repository.shares_of(tx, owner_id, meeting.id)

    async def unshare(self, tx: AsyncConnection, owner_id: str, meeting_id: str, share_id: str) -> None:
        """Share with somebody no longer, from the next request on; `share_not_found`."""
        if not await repository.unshare(tx, owner_id, meeting_id, share_id):
            raise not_found("share")

    async def leave(self, tx: AsyncConnection, user_id: str, meeting_id: str) -> None:
        """Take a meeting that was shared with this user alone out of their list; `share_not_found`."""
        if not await repository.leave(tx, user_id, meeting_id):
            raise not_found("share")

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

    async def restore(self, tx: AsyncConnection, owner_id: str, meeting_id: str, link_id: str) -> None:
        """Take a revocation back that was made a moment ago; `link_not_found`."""
        since = self._clock.now() - REVOKED_FOR
        if not await repository.restore(tx, owner_id, meeting_id, link_id, since):
            raise not_found("link")

    async def open(self, tx: AsyncConnection, secret: str) -> tuple[ShareLink, Meeting]:
        """The link with this secret and its meeting. One that never was, that is expired or revoked, and one whose
        meeting is in the trash cannot be told apart: `link_not_found`."""
        link = await repository.of_secret(tx, fingerprint(secret))
        if link is None or not link.opens_at(self._clock.now()):
            raise _opens_nothing()
        try:
            meeting = await self._meetings.get(tx, link.owner_id, link.meeting_id)
        except MinutebookError as error:
            raise _opens_nothing() from error
        if meeting.trashed_at is not None:
            raise _opens_nothing()
        # What a stranger sees names people and keeps their addresses.
        return link, replace(meeting, attendees=tuple(replace(a, email="") for a in meeting.attendees))


def _opens_nothing() -> MinutebookError:
    message = "This link opens nothing: it expired, was revoked or is not whole. Ask whoever sent it for a new one."
    return MinutebookError(Kind.NOT_FOUND, "link_not_found", message)
