"""What can be done with meetings. Every method takes the caller's transaction and the owner it acts for."""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import ColumnElement, Select
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.events import Events
from minutebook.errors import Kind, MinutebookError, invalid, not_found
from minutebook.kit.clock import Clock
from minutebook.kit.ids import is_id, new_id
from minutebook.kit.text import clean_line, folded
from minutebook.meetings import events as meeting_events
from minutebook.meetings import repository
from minutebook.meetings.model import (
    TRASH_LIFE,
    AttendeeDraft,
    Meeting,
    Page,
    checked_attendees,
    checked_description,
    checked_idempotency_key,
    checked_title,
)
from minutebook.meetings.totals import Totals

PAGE_SIZE_MAX: Final = 100
_PAGE_MAX = 10_000_000
_QUERY_MAX = 300
_TERM = re.compile(r'"([^"]+)"|(\S+)')

Mentioned = Callable[[AsyncConnection, str, str], Awaitable[Select[tuple[str]] | None]]
"""For an owner and a term: the query for those of their meetings that hold it, wherever the caller of `list` looks."""


async def nowhere(_tx: AsyncConnection, _owner_id: str, _term: str) -> Select[tuple[str]] | None:
    """Looks at nothing."""
    return None


def _terms(query: str) -> Sequence[str]:
    return [match[1] or match[2] for match in _TERM.finditer(folded(clean_line(query, "q", at_most=_QUERY_MAX)))]


def _quoted(term: str) -> str:
    return f'"{term}"' if " " in term else term


@dataclass(frozen=True, slots=True)
class MeetingDraft:
    """A meeting as it was sent; None is what was not sent."""

    title: str | None = None
    description: str | None = None
    attendees: Sequence[AttendeeDraft] | None = None

    def fingerprint(self) -> str:
        """Equal for equal drafts: tells a repeated request from another one under the same key."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


class Meetings:
    """Meetings of their owners: nobody else's are ever found."""

    def __init__(self, clock: Clock, events: Events) -> None:
        self._clock = clock
        self._totals = Totals(clock)
        self._events = events

    async def create(
        self, tx: AsyncConnection, owner_id: str, draft: MeetingDraft, *, idempotency_key: str | None = None
    ) -> Meeting:
        """A new meeting, or, when the same draft came before under the same key, that one.

        A key belongs to its owner and lives as long as its meeting. The same key with another draft raises
        `idempotency_key_reused` (a conflict): answering with the earlier meeting would hide a client's mistake.
        """
        now = self._clock.now()
        meeting = Meeting(
            id=new_id(),
            owner_id=owner_id,
            title=checked_title(draft.title, now),
            description=checked_description(draft.description),
            attendees=checked_attendees(draft.attendees),
            created_at=now,
            updated_at=now,
        )
        key = checked_idempotency_key(idempotency_key)
        if key is not None:
            fingerprint, claimed_id = await repository.claim(tx, owner_id, key, draft.fingerprint(), meeting.id)
            if fingerprint != draft.fingerprint():
                raise _key_reused()
            if claimed_id != meeting.id:
                return await self.get(tx, owner_id, claimed_id)
        await repository.add(tx, meeting)
        await self._events.publish(tx, meeting_events.meeting_event(meeting_events.CREATED, meeting))
        return meeting

    async def get(self, tx: AsyncConnection, owner_id: str, meeting_id: str, *, lock: bool = False) -> Meeting:
        """One meeting; `session_not_found` when there is none of this owner. `lock` keeps other writers off it."""
        meeting = await repository.find(tx, owner_id, meeting_id, lock=lock) if is_id(meeting_id) else None
        if meeting is None:
            raise not_found("session")
        return meeting

    async def of_ids(self, tx: AsyncConnection, owner_id: str, meeting_ids: Sequence[str]) -> Sequence[Meeting]:
        """Those of the meetings that are this owner's, in this order."""
        return await repository.load(tx, owner_id, meeting_ids)

    async def owners(self, tx: AsyncConnection, meeting_ids: Sequence[str]) -> Mapping[str, str]:
        """Meeting → owner, for who looks after things that are kept beside the database; what is gone is left out."""
        return await repository.owners(tx, meeting_ids)

    async def list(
        self,
        tx: AsyncConnection,
        owner_id: str,
        *,
        page: int = 1,
        page_size: int = 20,
        query: str = "",
        mentioned: Mentioned = nowhere,
    ) -> Page:
        """A page of meetings, newest first. `query` keeps those whose title, description, attendees' names and
        addresses, and what `mentioned` looks at, together hold each of its terms: words, or phrases in quotes.
        Raises `page_invalid`, `page_size_invalid`."""
        if not 1 <= page <= _PAGE_MAX:
            raise invalid("page_invalid", "`page` is a number from 1.", "page")
        if not 1 <= page_size <= PAGE_SIZE_MAX:
            raise invalid("page_size_invalid", f"`page_size` is a number from 1 to {PAGE_SIZE_MAX}.", "page_size")
        terms = _terms(query)
        elsewhere = await self._elsewhere(tx, owner_id, terms, mentioned)
        items = await repository.page(
            tx, owner_id, terms, limit=page_size, offset=(page - 1) * page_size, mentioned=elsewhere
        )
        count = partial(repository.count, tx, owner_id, terms, elsewhere)
        total = await self._totals.of((owner_id, *terms), count)
        return Page(items=items, page=page, page_size=page_size, total=total)

    async def holding(
        self, tx: AsyncConnection, owner_id: str, query: str, mentioned: Mentioned
    ) -> Sequence[ColumnElement[bool]]:
        """The conditions on meetings by which `list` keeps those that hold what `query` asks for."""
        terms = _terms(query)
        return repository.holding(terms, await self._elsewhere(tx, owner_id, terms, mentioned))

    async def _elsewhere(
        self, tx: AsyncConnection, owner_id: str, terms: Sequence[str], mentioned: Mentioned
    ) -> Mapping[str, Select[tuple[str]]]:
        found = {term: await mentioned(tx, owner_id, _quoted(term)) for term in terms}
        return {term: ids for term, ids in found.items() if ids is not None}

    async def update(self, tx: AsyncConnection, owner_id: str, meeting_id: str, draft: MeetingDraft) -> Meeting:
        """Change what the draft names and keep the rest; an empty title becomes the date and time again."""
        meeting = await self.get(tx, owner_id, meeting_id, lock=True)
        changed = replace(
            meeting,
            title=meeting.title if draft.title is None else checked_title(draft.title, meeting.created_at),
            description=meeting.description if draft.description is None else checked_description(draft.description),
            attendees=meeting.attendees if draft.attendees is None else checked_attendees(draft.attendees),
            updated_at=self._clock.now(),
        )
        await repository.change(tx, changed)
        await self._events.publish(tx, meeting_events.meeting_event(meeting_events.UPDATED, changed))
        return changed

    async def delete(self, tx: AsyncConnection, owner_id: str, meeting_id: str) -> None:
        """Delete the meeting and, through the event, its recording, reports, names and files. `meeting_held`."""
        meeting = await self.get(tx, owner_id, meeting_id, lock=True)
        if meeting.held_at is not None:
            message = "This meeting is held. End its hold before it is deleted."
            raise MinutebookError(Kind.CONFLICT, "meeting_held", message)
        await self._events.publish(tx, meeting_events.meeting_event(meeting_events.DELETED, meeting))
        await repository.remove(tx, meeting.id)

    async def hold(self, tx: AsyncConnection, owner_id: str, meeting_id: str, *, held: bool) -> None:
        """Keep a meeting from being deleted, by anybody and by its age, until it is let go; `session_not_found`."""
        meeting = await self.get(tx, owner_id, meeting_id, lock=True)
        await repository.set_held(tx, meeting.id, self._clock.now() if held else None)

    async def trash(self, tx: AsyncConnection, owner_id: str, meeting_ids: Sequence[str]) -> Sequence[Meeting]:
        """Put meetings into the trash: lists and searches leave them out, work on them goes on. Returns those that were
        put there; ids of nobody's, of other owners' and of trashed meetings are passed over."""
        found = [m for m in await repository.load(tx, owner_id, meeting_ids) if m.trashed_at is None]
        return await self._move(tx, found, self._clock.now(), meeting_events.TRASHED)

    async def restore(self, tx: AsyncConnection, owner_id: str, meeting_ids: Sequence[str]) -> Sequence[Meeting]:
        """Take meetings out of the trash, as they were; returns those that were there."""
        found = [m for m in await repository.load(tx, owner_id, meeting_ids) if m.trashed_at is not None]
        return await self._move(tx, found, None, meeting_events.RESTORED)

    async def overdue(self, tx: AsyncConnection, limit: int) -> Sequence[tuple[str, str]]:
        """Meetings whose time in the trash is over: (owner, id)."""
        return await repository.trashed_before(tx, self._clock.now() - TRASH_LIFE, limit)

    async def _move(
        self, tx: AsyncConnection, found: Sequence[Meeting], at: datetime | None, kind: str
    ) -> Sequence[Meeting]:
        await repository.set_trashed(tx, [meeting.id for meeting in found], at)
        for meeting in found:
            await self._events.publish(tx, meeting_events.meeting_event(kind, meeting))
        return [replace(meeting, trashed_at=at) for meeting in found]


def _key_reused() -> MinutebookError:
    return MinutebookError(
        Kind.CONFLICT,
        "idempotency_key_reused",
        "This `Idempotency-Key` was used for another meeting; use a new key for a new meeting.",
        field="Idempotency-Key",
    )
