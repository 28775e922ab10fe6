"""What a person can do with all their meetings at once. Every method but `purge` takes the caller's transaction and the
owner it acts for."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.analysis.service import Analysis
from minutebook.db.database import Database
from minutebook.errors import MinutebookError, invalid
from minutebook.library import repository
from minutebook.library.model import (
    PAGE_MOST,
    TAGS_MAX,
    Entry,
    LibraryPage,
    LibraryQuery,
    Origin,
    Position,
    Status,
    checked_tag,
    cursor_of,
    position_of,
    tag_key,
)
from minutebook.meetings.model import Meeting
from minutebook.meetings.service import Meetings
from minutebook.recordings.service import Recordings
from minutebook.search.service import Search

PEOPLE_SHOWN: Final = 200
"""Names that are proposed when somebody filters by person."""
PURGED_AT_ONCE: Final = 100


class Library:
    """Meetings of their owners: nobody else's are ever found."""

    def __init__(
        self, db: Database, meetings: Meetings, recordings: Recordings, analysis: Analysis, search: Search
    ) -> None:
        self._db = db
        self._meetings = meetings
        self._recordings = recordings
        self._analysis = analysis
        self._search = search

    async def page(self, tx: AsyncConnection, owner_id: str, query: LibraryQuery) -> LibraryPage:
        """One page of the list; pages fit together while meetings are added. Raises `limit_invalid` and
        `cursor_invalid`."""
        if not 1 <= query.limit <= PAGE_MOST:
            raise invalid("limit_invalid", f"`limit` is a number from 1 to {PAGE_MOST}.", "limit")
        after = position_of(query.cursor, query.order) if query.cursor else None
        words, found, last = await self._found(tx, owner_id, query, after)
        by_id: dict[str, Meeting] = {}
        for whose in {owner for _, owner in found}:
            ids = [meeting_id for meeting_id, owner in found if owner == whose]
            by_id |= {meeting.id: meeting for meeting in await self._meetings.of_ids(tx, whose, ids)}
        entries = await self.entries(tx, [by_id[each] for each, _ in found if each in by_id], owner_id)
        return LibraryPage(entries, cursor_of(last, query.order) if last else None, words)

    async def _found(
        self, tx: AsyncConnection, owner_id: str, query: LibraryQuery, after: Position | None
    ) -> tuple[str, list[tuple[str, str]], Position | None]:
        """What of the words is looked for, and what the page has: as in a search, words that nothing holds in full are
        shortened to what was said."""

        async def having(words: str, behind: Position | None) -> tuple[list[tuple[str, str]], Position | None]:
            holding = await self._meetings.holding(tx, owner_id, words, self._search.mentioned)
            return await repository.page(tx, owner_id, query, holding, behind)

        found, last = await having(query.words, after)
        if not query.words or found or (after and (await having(query.words, None))[0]):
            return query.words, found, last
        shorter = await self._search.shortened(tx, owner_id, query.words)
        return (shorter, *await having(shorter, after)) if shorter else (query.words, found, last)

    async def entries(
        self, tx: AsyncConnection, meetings: Sequence[Meeting], reader_id: str | None = None
    ) -> tuple[Entry, ...]:
        """Meetings, which the reader may see (the caller has checked it; without one, their owners read), with what has
        become of them."""
        ids = [meeting.id for meeting in meetings]
        recordings = await self._recordings.of_meetings(tx, ids)
        outcomes = await self._analysis.outcomes(tx, [recording.id for recording in recordings.values()])
        tags = await repository.tags_of(tx, ids)
        by_bot = await repository.from_bots(tx, ids)
        others = {meeting.owner_id for meeting in meetings} - {reader_id} if reader_id else set()
        names = await repository.names_of(tx, others) if others else {}
        entries = []
        for meeting in meetings:
            recording = recordings.get(meeting.id)
            status = Status(outcomes[recording.id]) if recording else Status.CREATED
            shared_by = names.get(meeting.owner_id, "")
            origin = Origin.SHARED if shared_by else Origin.BOT if meeting.id in by_bot else Origin.UPLOAD
            entries.append(Entry(meeting, recording, status, origin, tags.get(meeting.id, ()), shared_by))
        return tuple(entries)

    async def tags(self, tx: AsyncConnection, owner_id: str) -> Sequence[str]:
        """All tags that the owner's meetings have."""
        return await repository.tags_of_owner(tx, owner_id)

    async def people(self, tx: AsyncConnection, owner_id: str) -> Sequence[str]:
        """Who was in the owner's meetings, the most frequent first."""
        return await repository.people_of(tx, owner_id, PEOPLE_SHOWN)

    async def tag(self, tx: AsyncConnection, owner_id: str, meeting_ids: Sequence[str], tag: str) -> int:
        """Give meetings a tag; returns how many are the owner's. Raises `tag_required`, `tags_too_many` and the codes
        of text."""
        checked = checked_tag(tag)
        found = await self._meetings.of_ids(tx, owner_id, meeting_ids)
        have = await repository.tags_of(tx, [meeting.id for meeting in found])
        for meeting in found:
            others = [other for other in have.get(meeting.id, ()) if tag_key(other) != tag_key(checked)]
            if len(others) >= TAGS_MAX:
                raise invalid("tags_too_many", f"A meeting has at most {TAGS_MAX} tags.", "tag")
            await repository.add_tag(tx, owner_id, meeting.id, checked)
        return len(found)

    async def untag(self, tx: AsyncConnection, owner_id: str, meeting_ids: Sequence[str], tag: str) -> None:
        """Take a tag from meetings."""
        for meeting in await self._meetings.of_ids(tx, owner_id, meeting_ids):
            await repository.remove_tag(tx, meeting.id, tag)

    async def purge(self) -> int:
        """Delete for good what has been in the trash for `TRASH_LIFE`; returns how many meetings. Safe to run at any
        time; a chore of every worker."""
        async with self._db.reading() as tx:
            due = await self._meetings.overdue(tx, PURGED_AT_ONCE)
        purged = 0
        for owner_id, meeting_id in due:
            async with self._db.transaction() as tx:
                purged += await self._purged(tx, owner_id, meeting_id)
        return purged

    async def _purged(self, tx: AsyncConnection, owner_id: str, meeting_id: str) -> bool:
        # It may have been restored, or deleted by another worker, since it was found.
        try:
            meeting = await self._meetings.get(tx, owner_id, meeting_id, lock=True)
        except MinutebookError:
            return False
        if meeting.trashed_at is None:
            return False
        await self._meetings.delete(tx, owner_id, meeting_id)
        return True
