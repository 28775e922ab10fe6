"""Search: what every meeting holds is indexed in the transaction that changes it, and found by its owner alone."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Final

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.analysis import events as report_events
from minutebook.analysis.model import AnalysisType
from minutebook.analysis.results import Results
from minutebook.db.database import Database
from minutebook.db.events import Event, Events
from minutebook.errors import MinutebookError
from minutebook.kit.text import clean_line, folded
from minutebook.language.lexicon import lexicon_of
from minutebook.meetings import events as meeting_events
from minutebook.meetings.model import Meeting
from minutebook.meetings.service import Meetings
from minutebook.recordings import events as recording_events
from minutebook.recordings.model import Recording
from minutebook.recordings.service import Recordings
from minutebook.search import repository
from minutebook.search.document import Content, document_of, people_of
from minutebook.search.hits import Matching, counted, hits_of, vocabulary_of
from minutebook.search.model import (
    HITS_PER_MEETING,
    PAGE_SIZE,
    QUERY_MAX,
    Asked,
    Document,
    Found,
    FoundMeeting,
    Part,
    Related,
    Term,
    cursor_of,
    parsed,
    place_of,
)
from minutebook.search.words import ENDING, PREFIX_FROM, near, slips_of

INDEXED: Final = frozenset({AnalysisType.TRANSCRIPTION, AnalysisType.MEETING_NOTE})
SHOWN_OF_ONE: Final = 200
"""Hits shown of a meeting that is searched alone."""
STAND_INS: Final = 20
TERMS_OF_A_QUESTION: Final = 12
MEETINGS_OF_A_WORD: Final = 30
MEETINGS_OF_A_QUESTION: Final = 6
_BATCH = 20

SharedWith = Callable[[str], Select[tuple[str]]]


class Search:
    """Searches of the meetings that somebody sees: nobody else's are ever found. `shared_with` is the query for those
    that are shared with a user."""

    def __init__(
        self, db: Database, meetings: Meetings, recordings: Recordings, results: Results, shared_with: SharedWith
    ) -> None:
        self._shared_with = shared_with
        self._db = db
        self._meetings = meetings
        self._recordings = recordings
        self._results = results

    def subscribe(self, events: Events) -> None:
        """Follow what changes: called once, by wiring."""
        events.subscribe(meeting_events.CREATED, self._on_meeting)
        events.subscribe(meeting_events.UPDATED, self._on_meeting)
        events.subscribe(meeting_events.DELETED, self._on_deleted)
        events.subscribe(recording_events.REPLACED, self._on_replaced)
        for kind in (
            report_events.COMPLETED,
            report_events.CORRECTED,
            report_events.SPEAKERS_NAMED,
            report_events.SPEAKERS_PROPOSED,
        ):
            events.subscribe(kind, self._on_report)

    async def find(self, tx: AsyncConnection, user_id: str, asked: Asked, *, shared: bool = False) -> Found:
        """A page of this user's meetings, and if wanted of those that are `shared` with them, that hold every term,
        newest first, with the passages that hold most of them. A word that nobody said is read as those that begin
        with it, else as those it is a slip of: words of the user's own meetings, so that nothing is told of what is
        not shared. A query that nothing holds in full, as a question typed into the box, is shortened to what was
        said.

        Raises `text_invalid`, `text_too_long`, `cursor_invalid`.
        """
        terms = parsed(asked.query)
        if not terms:
            return Found(())
        person = folded(clean_line(asked.person, "person", at_most=QUERY_MAX))
        filters = repository.Filters(person, asked.since, asked.until, asked.meeting_id, place_of(asked.cursor))
        seen = await self._seen(tx, user_id) if shared else repository.Seen(user_id)
        found = await self._found(tx, seen, terms, filters)
        if found.meetings or (
            filters.after and (await self._found(tx, seen, terms, replace(filters, after=None))).meetings
        ):
            return found
        said = await self._said_of(tx, seen, terms)
        if not said:
            return found
        left_out = tuple(" ".join(term.words) for term in terms if term not in said)
        return replace(await self._found(tx, seen, said, filters), left_out=left_out)

    async def shortened(self, tx: AsyncConnection, user_id: str, query: str) -> str:
        """What `find` looks for when nothing that this user sees holds all of the query; empty when that is nothing
        else."""
        said = await self._said_of(tx, await self._seen(tx, user_id), parsed(query))
        return " ".join(f'"{" ".join(term.words)}"' if term.exact else term.words[0] for term in said)

    async def _found(
        self, tx: AsyncConnection, seen: repository.Seen, terms: Sequence[Term], filters: repository.Filters
    ) -> Found:
        needs = _needs(terms, {})
        rows = await repository.find(tx, seen, needs, filters, PAGE_SIZE + 1)
        if not rows and not (filters.after and await repository.find(tx, seen, needs, replace(filters, after=None), 1)):
            read_as = await self._stand_ins(tx, seen, terms)
            if not read_as:
                return Found(())
            rows = await repository.find(tx, seen, _needs(terms, read_as), filters, PAGE_SIZE + 1)
            return await self._page(tx, seen, terms, read_as, filters, rows)
        return await self._page(tx, seen, terms, {}, filters, rows)

    async def _said_of(self, tx: AsyncConnection, seen: repository.Seen, terms: Sequence[Term]) -> Sequence[Term]:
        """The terms without function words and without those that nobody said; none when that leaves all of them."""
        kept = []
        for term in terms:
            anyway = not term.exact and term.words[0] in _said_anyway()
            if not anyway and (term.exact or await self._is_said(tx, seen, term)):
                kept.append(term)
        return kept if len(kept) < len(terms) else ()

    async def related(self, tx: AsyncConnection, owner_id: str, question: str, limit: int) -> Sequence[Related]:
        """What was said in this owner's meetings that has most of a question's words, function words aside: about so
        many passages, each with what was said right before and after it."""
        terms = tuple(term for term in parsed(question) if len(term.words) > 1 or term.words[0] not in _said_anyway())
        seen = repository.Seen(owner_id)
        terms, times = terms[:TERMS_OF_A_QUESTION], Counter[tuple[str, str, datetime]]()
        read_as: dict[str, Sequence[str]] = {}
        for term in terms:
            stand_ins = await self._stand_ins(tx, seen, [term])
            read_as.update(stand_ins)
            needs = _needs([term], stand_ins)
            times.update(await repository.find(tx, seen, needs, repository.Filters(), MEETINGS_OF_A_WORD))
        best = sorted(times, key=lambda each: (times[each], each[2]), reverse=True)[:MEETINGS_OF_A_QUESTION]
        shown = {each[0]: each for each in best}
        documents = await repository.load(tx, list(shown))
        told = {each.meeting_id: [p for p in each.passages if p.part is Part.TRANSCRIPT] for each in documents}
        ranked: list[tuple[int, str, int]] = []
        for each in documents:
            counts = counted(told[each.meeting_id], Matching(terms, each.language, read_as))
            ranked += [(count, each.meeting_id, place) for place, count in enumerate(counts) if count]
        chosen: dict[str, set[int]] = {}
        for _, meeting_id, place in sorted(ranked, key=lambda each: -each[0])[:limit]:
            chosen.setdefault(meeting_id, set()).update(range(max(0, place - 1), place + 2))
        return [
            Related(*shown[each], tuple(p for place, p in enumerate(told[each]) if place in places))
            for each, places in chosen.items()
        ]

    async def mentioned(self, tx: AsyncConnection, user_id: str, query: str) -> Select[tuple[str]] | None:
        """The query for the meetings that this user sees, shared ones too, that hold these words somewhere, read as
        `find` reads them; None when there are no words."""
        terms = parsed(query)
        if not terms:
            return None
        seen = await self._seen(tx, user_id)
        read_as = await self._stand_ins(tx, seen, terms)
        return await repository.ids_of(tx, seen, _needs(terms, read_as))

    async def backfill(self) -> int:
        """Index what is not, newest first, each meeting in a transaction of its own; returns how many were."""
        done = 0
        while True:
            async with self._db.reading() as tx:
                found = await repository.missing(tx, _BATCH)
            if not found:
                return done
            for owner_id, meeting_id in found:
                async with self._db.transaction() as tx:
                    with suppress(MinutebookError):  # deleted meanwhile
                        await self._meetings.get(tx, owner_id, meeting_id, lock=True)
                        await self._index(tx, owner_id, meeting_id)
            done += len(found)

    async def _seen(self, tx: AsyncConnection, user_id: str) -> repository.Seen:
        return await repository.seen_by(tx, user_id, self._shared_with(user_id))

    async def _page(
        self,
        tx: AsyncConnection,
        seen: repository.Seen,
        terms: Sequence[Term],
        read_as: Mapping[str, Sequence[str]],
        filters: repository.Filters,
        rows: Sequence[tuple[str, str, datetime]],
    ) -> Found:
        """`rows` are the first meetings of the page, one more than it shows if there are others."""
        needs, found, compared = _needs(terms, read_as), list[FoundMeeting](), dict[str, Matching]()
        at_most = SHOWN_OF_ONE if filters.meeting_id else HITS_PER_MEETING
        looked_at = PAGE_SIZE
        # What has the runs of a phrase need not have the phrase: such meetings are passed over, and others fill up.
        while True:
            for start in range(0, min(len(rows), looked_at), PAGE_SIZE):
                some = {row[0]: row for row in rows[start : min(start + PAGE_SIZE, looked_at)]}
                for document in await repository.load(tx, list(some)):
                    matching = compared.setdefault(document.language, Matching(terms, document.language, read_as))
                    hits, more = hits_of(document.passages, matching, at_most)
                    meeting_id, title, created_at = some[document.meeting_id]
                    if hits:
                        found.append(FoundMeeting(meeting_id, title, created_at, tuple(hits), more))
                    if len(found) == PAGE_SIZE:
                        following = cursor_of((created_at, meeting_id)) if meeting_id != rows[-1][0] else None
                        return Found(tuple(found), following, read_as)
            if len(rows) <= looked_at:
                return Found(tuple(found), None, read_as)
            last = rows[looked_at - 1]
            filters, looked_at = replace(filters, after=(last[2], last[0])), looked_at * 4
            rows = await repository.find(tx, seen, needs, filters, looked_at + 1)

    async def _stand_ins(
        self, tx: AsyncConnection, seen: repository.Seen, terms: Sequence[Term]
    ) -> Mapping[str, Sequence[str]]:
        """For each word that is in no document the words that are; nothing when there are none for one of them."""
        found: dict[str, Sequence[str]] = {}
        for term in terms:
            if await repository.find(tx, seen, term.needs(), repository.Filters(), 1):
                continue
            key = term.keys[0]
            words = [] if term.exact else await self._words_for(tx, seen.user_id, key)
            if not words:
                return {}
            found[term.words[0]] = words
        return found

    async def _is_said(self, tx: AsyncConnection, seen: repository.Seen, term: Term) -> bool:
        """Whether some document has this term or words that stand in for it."""
        said = await repository.find(tx, seen, term.needs(), repository.Filters(), 1)
        return bool(said or await self._words_for(tx, seen.user_id, term.keys[0]))

    async def _words_for(self, tx: AsyncConnection, owner_id: str, key: str) -> Sequence[str]:
        """The words that are there which begin with this one, else those that it is a slip of."""
        if len(key) >= PREFIX_FROM and (beginning := await repository.words_beginning(tx, owner_id, key, STAND_INS)):
            return beginning
        slips = slips_of(key)
        similar = await repository.words_like(tx, owner_id, key, slips, slips + ENDING) if slips else ()
        return near(key, similar, STAND_INS)

    async def _index(self, tx: AsyncConnection, owner_id: str, meeting_id: str, *, without: str | None = None) -> None:
        """Write a meeting's document as the meeting is now; `without` names a recording that is about to go."""
        before = await repository.claim(tx, owner_id, meeting_id)
        meeting = await self._meetings.get(tx, owner_id, meeting_id)
        recording = (await self._recordings.of_meetings(tx, [meeting_id])).get(meeting_id)
        if recording is not None and recording.id == without:
            recording = None
        document, people = await self._document(tx, meeting, recording)
        await repository.save(tx, document, people)
        old, new = vocabulary_of(before.passages), vocabulary_of(document.passages)
        await repository.add_words(tx, owner_id, new - old)
        await repository.drop_words(tx, owner_id, old - new)

    async def _document(
        self, tx: AsyncConnection, meeting: Meeting, recording: Recording | None
    ) -> tuple[Document, str]:
        contents: dict[AnalysisType, Content] = {}
        if recording is not None:
            for shown in await self._results.reports(tx, meeting.owner_id, recording.id):
                if shown.content is not None and shown.report.type in INDEXED:
                    contents[shown.report.type] = json.loads(shown.content)
        transcription = contents.get(AnalysisType.TRANSCRIPTION)
        document = document_of(meeting, transcription, contents.get(AnalysisType.MEETING_NOTE))
        return document, people_of(meeting, transcription)

    async def _on_meeting(self, tx: AsyncConnection, event: Event) -> None:
        await self._index(tx, event.owner_id, event.subject_id)

    async def _on_replaced(self, tx: AsyncConnection, event: Event) -> None:
        await self._index(tx, event.owner_id, str(event.payload["meeting_id"]), without=event.subject_id)

    async def _on_report(self, tx: AsyncConnection, event: Event) -> None:
        recording = await self._recordings.load(tx, str(event.payload["recording_id"]))
        if recording is not None and event.payload.get("analysis_type") in {None, *INDEXED}:
            await self._index(tx, recording.owner_id, recording.meeting_id)

    async def _on_deleted(self, tx: AsyncConnection, event: Event) -> None:
        before = await repository.claim(tx, event.owner_id, event.subject_id)
        await repository.remove(tx, event.subject_id)
        await repository.drop_words(tx, event.owner_id, vocabulary_of(before.passages))


@cache
def _said_anyway() -> frozenset[str]:
    """Words that a question has whatever it is about."""
    return frozenset[str]().union(*(lexicon_of(language).stopwords for language in ("en", "de", "fr", "es")))


def _needs(terms: Sequence[Term], read_as: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """What the index has to hold for these terms."""
    needs = []
    for term in terms:
        stand_ins = () if term.exact else read_as.get(term.words[0], ())
        needs += [[*need, *stand_ins] for need in term.needs()]
    return needs
