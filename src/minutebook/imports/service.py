"""Recordings at meetings' platforms: listed, and brought here like an upload.

The bytes are streamed to storage first; then meeting, recording, planned analyses and the memory of the import come in
one transaction. Whatever fails before that leaves nothing behind.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts.service import Accounts
from minutebook.bots.platforms.links.recognise import meeting_at
from minutebook.bots.service import Bots
from minutebook.config import BotSettings
from minutebook.db.database import Database
from minutebook.db.locks import hold
from minutebook.errors import Kind, MinutebookError, invalid, not_found
from minutebook.imports import repository
from minutebook.imports.model import (
    Brought,
    Found,
    Importable,
    Imported,
    Listed,
    Person,
    Wanted,
    attendees_of,
    description_of,
    fetching_failed,
    is_key,
    not_connected,
    origin_of,
)
from minutebook.imports.ports import Provider
from minutebook.kit.clock import Clock
from minutebook.meetings.model import draft_of
from minutebook.meetings.service import MeetingDraft, Meetings
from minutebook.recordings.formats import media_type_of
from minutebook.recordings.model import Incoming, Received
from minutebook.recordings.service import Recordings

OF_THE_NETWORK: Final = frozenset({"fetch_failed", "fetch_timeout"})

Providers = Mapping[str, Provider]
"""By the platform's name, as addresses have it."""


class Imports:
    """Imports of their owners, by accounts that the same owners connected."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        accounts: Accounts,
        meetings: Meetings,
        recordings: Recordings,
        bots: Bots,
        providers: Providers,
        settings: BotSettings,
    ) -> None:
        self._db = db
        self._clock = clock
        self._accounts = accounts
        self._meetings = meetings
        self._recordings = recordings
        self._bots = bots
        self._providers = providers
        self._pages, self._facts = settings.webrtc_pages, settings.facts

    async def wanted_of_bot(self, owner_id: str, bot_id: str) -> tuple[str, Wanted]:
        """The platform and the meeting to which a bot was sent; `bot_not_found`."""
        async with self._db.reading() as read:
            bot = await self._bots.get(read, owner_id, bot_id)
        return self.wanted(bot.wish.meeting_url, bot.joined_at or bot.start_at)

    def wanted(self, meeting_url: str, near: datetime | None = None) -> tuple[str, Wanted]:
        """The platform and the meeting of an address or an invitation, at its time or around `near`; without a zone,
        that is UTC. `meeting_url_invalid`, `import_unsupported`."""
        meeting = meeting_at(meeting_url, self._pages, self._facts)
        if meeting is None:
            message = "This is no address of a meeting that Minutebook knows."
            raise invalid("meeting_url_invalid", message, "meeting_url")
        if meeting.platform not in self._providers:
            message = f"There is nothing to import from here: the platform is {meeting.platform}."
            raise MinutebookError(Kind.CONFLICT, "import_unsupported", message)
        return meeting.platform, Wanted(meeting.url, meeting.room.partition(" ")[2], _in_utc(near))

    def supports(self, meeting_url: str) -> bool:
        """Whether the platform of this address is one from which recordings are brought."""
        meeting = meeting_at(meeting_url, self._pages, self._facts)
        return meeting is not None and meeting.platform in self._providers

    async def look(self, owner_id: str, platform: str, wanted: Wanted) -> Listed:
        """The recordings of a meeting that the owner's connected accounts can read. Raises `import_not_connected`,
        `scope_missing`, and what the platform's connections raise."""
        provider = self._providers[platform]
        found, reason = await self._found(owner_id, provider, wanted)
        recordings = [recording for _, recording in found]
        async with self._db.reading() as read:
            imported = await repository.of_keys(read, owner_id, [each.key for each in recordings])
        return Listed(provider.name, Found(recordings, None if recordings else reason), imported)

    async def bring(
        self, owner_id: str, platform: str, wanted: Wanted, key: str, *, bot_id: str | None = None
    ) -> Brought:
        """Import a recording into a meeting of its own, and have it transcribed as an upload is; one that is here
        already stays where it is. Raises as `look` does, `recording_not_found`, `import_failed`, and as
        `Recordings.receive`."""
        if not is_key(key):
            raise not_found("recording")
        async with self._db.reading() as read:
            known = (await repository.of_keys(read, owner_id, [key])).get(key)
        if known is not None:
            return Brought(known, already=True)
        provider = self._providers[platform]
        found, _ = await self._found(owner_id, provider, wanted)
        account, recording = next((each for each in found if each[1].key == key), (None, None))
        if account is None or recording is None:
            raise not_found("recording")
        self._recordings.check_room(recording.size or 0)
        people = await provider.people(account, recording)
        received = await self._received(provider, account, recording)
        try:
            async with self._db.transaction() as tx:
                await hold(tx, [f"import {owner_id} {key}"])
                known = (await repository.of_keys(tx, owner_id, [key])).get(key)
                if known is None:
                    return Brought(await self._kept(tx, owner_id, provider, recording, people, received, bot_id), False)
        except MinutebookError as error:
            await self._recordings.refused(received, error)
            raise
        await self._recordings.discard(received)
        return Brought(known, already=True)

    async def _found(
        self, owner_id: str, provider: Provider, wanted: Wanted
    ) -> tuple[list[tuple[str, Importable]], str | None]:
        """What all connected accounts have, each recording once, and why there is nothing. An account that cannot be
        asked counts only where no other one has anything."""
        async with self._db.reading() as read:
            accounts = await provider.accounts(read, owner_id)
        if not accounts:
            raise not_connected(provider.name, provider.how)
        found: dict[str, tuple[str, Importable]] = {}
        failed: MinutebookError | None = None
        reason: str | None = None
        for account in accounts:
            try:
                said = await provider.find(account, wanted)
            except MinutebookError as error:
                failed = failed or error
                continue
            reason = reason or said.reason
            for recording in said.recordings:
                found.setdefault(recording.key, (account, recording))
        if not found and failed is not None:
            raise failed
        return list(found.values()), reason

    async def _received(self, provider: Provider, account: str, recording: Importable) -> Received:
        try:
            async with provider.open(account, recording) as body:
                # What platforms declare is often no media type at all; the name decides what the bytes must be.
                incoming = Incoming(recording.filename, media_type_of(recording.filename), body.chunks)
                return await self._recordings.receive(incoming)
        except MinutebookError as error:
            if error.code == "content_mismatch":
                raise fetching_failed(provider.name, "what it sent is no recording.") from error
            if error.code not in OF_THE_NETWORK:
                raise
            raise fetching_failed(provider.name, error.message) from error

    async def _kept(
        self,
        tx: AsyncConnection,
        owner_id: str,
        provider: Provider,
        recording: Importable,
        people: Sequence[Person],
        received: Received,
        bot_id: str | None,
    ) -> Imported:
        owner = await self._accounts.user(tx, owner_id)
        attendees = attendees_of(draft_of(owner), people)
        draft = MeetingDraft(recording.title, description_of(people), attendees)
        meeting = await self._meetings.create(tx, owner_id, draft)
        origin = origin_of(provider.name, recording)
        await self._recordings.attach(tx, owner_id, meeting.id, received, origin=origin)
        now = self._clock.now()
        imported = Imported(owner_id, recording.key, provider.name, meeting.id, bot_id, recording.started_at, now)
        await repository.add(tx, imported)
        return imported


def _in_utc(at: datetime | None) -> datetime | None:
    # The ends of the calendar have no day before or after them, and no meetings.
    if at is None or not 2000 <= at.year < 9000:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
