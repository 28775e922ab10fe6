"""What can be done with corrections: make them, list them, take them back. Every method acts for an owner."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeGuard

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.analysis import events as report_events
from minutebook.analysis.edits import repository as edits_repository
from minutebook.analysis.edits.model import Change, Edit, WordsChange, corrected
from minutebook.analysis.edits.requests import (
    ItemRequest,
    Reach,
    SegmentRequest,
    checked_item,
    checked_segment,
    reached,
)
from minutebook.analysis.edits.rewording import rewordings
from minutebook.analysis.model import AnalysisType, Report
from minutebook.analysis.reports import contents
from minutebook.analysis.results import Results
from minutebook.db.events import Events
from minutebook.errors import Kind, MinutebookError, invalid, not_found
from minutebook.kit.clock import Clock
from minutebook.kit.ids import new_id
from minutebook.kit.text import clean_line
from minutebook.recordings.service import Recordings
from minutebook.transcript.joining import UNSPACED_LANGUAGES
from minutebook.transcript.model import Transcript

EDITS_MAX = 10_000
"""Edits that one report can have in its journal."""

SEGMENT_TEXT_MAX = 20_000
"""Characters that a segment's text can have."""

Check = Callable[[Sequence[Edit], int], Change]
"""Makes a change of the request at this position, given the journal as it stands."""


class Corrections:
    """Corrections of their owners' transcripts and notes: nobody else's are ever found."""

    def __init__(self, events: Events, clock: Clock, recordings: Recordings, results: Results) -> None:
        self._events = events
        self._clock = clock
        self._recordings = recordings
        self._results = results

    async def correct_transcript(
        self,
        tx: AsyncConnection,
        owner_id: str,
        recording_id: str,
        requests: Sequence[SegmentRequest],
        *,
        report_id: str | None = None,
        remember: bool = True,
    ) -> Sequence[Edit]:
        """Correct words of the newest transcript, or whose segments are; all of the requests or none. `report_id`
        makes sure that it is the transcript the caller has seen.

        Raises `not_ready`, `edits_required`, `edits_too_many`, `report_changed` and the codes of
        `edits.requests.checked_segment`.
        """
        report, content = await self._target(tx, owner_id, recording_id, AnalysisType.TRANSCRIPTION, report_id)
        transcript = contents.transcript_of(content)

        def check(journal: Sequence[Edit], position: int) -> Change:
            return checked_segment(requests[position], position, transcript, journal, remember=remember)

        return await self._write(tx, report, len(requests), check)

    async def correct_note(
        self,
        tx: AsyncConnection,
        owner_id: str,
        recording_id: str,
        requests: Sequence[ItemRequest],
        *,
        report_id: str | None = None,
    ) -> Sequence[Edit]:
        """Correct or remove items of the newest note; all of the requests or none.

        Raises `not_ready`, `edits_required`, `edits_too_many`, `report_changed` and the codes of
        `edits.requests.checked_item`.
        """
        report, content = await self._target(tx, owner_id, recording_id, AnalysisType.MEETING_NOTE, report_id)
        items, language = contents.items_of(content), contents.language_of(content)
        recording = await self._recordings.get(tx, owner_id, recording_id)
        held_on = (await self._results.meeting(tx, recording)).created_at.date()
        voices = await self._results.voices_of(tx, recording, report)

        def check(journal: Sequence[Edit], position: int) -> Change:
            return checked_item(requests[position], position, items, voices, held_on, journal, language)

        return await self._write(tx, report, len(requests), check)

    async def reword(
        self, tx: AsyncConnection, owner_id: str, recording_id: str, segment: int, text: str, *, remember: bool = True
    ) -> Sequence[Edit]:
        """Have a segment of the newest transcript read `text`, by as few corrections as that takes; corrections that
        it takes back are undone. Raises `segment_unknown` and what `correct_transcript` does."""
        report, content = await self._target(tx, owner_id, recording_id, AnalysisType.TRANSCRIPTION, None)
        transcript = contents.transcript_of(content)
        if not 0 <= segment < len(transcript.segments):
            message = f"The transcript has {len(transcript.segments)} segments, counted from 0."
            raise invalid("segment_unknown", message, "segment")
        words = [word.word for word in transcript.segments[segment].words]
        journal = (await edits_repository.of_reports(tx, [report.id])).get(report.id, ())
        own = {e.id: e.change for e in journal if e.undone_at is None and _is_of(e.change, segment)}
        spaced = transcript.language not in UNSPACED_LANGUAGES
        text = clean_line(text, "text", at_most=SEGMENT_TEXT_MAX)
        made, undone = rewordings(words, list(own.values()), text, spaced=spaced)
        for edit_id in [edit_id for edit_id, change in own.items() if change in undone]:
            await self.undo(tx, owner_id, recording_id, edit_id)
        requests = [SegmentRequest(segment, each.first, each.last, text=each.text) for each in made]
        if not requests:
            return ()
        return await self.correct_transcript(tx, owner_id, recording_id, requests, remember=remember)

    async def merge_speakers(
        self, tx: AsyncConnection, owner_id: str, recording_id: str, speaker: str, into: str
    ) -> Sequence[Edit]:
        """Give all segments of one voice of the newest transcript to another one. Raises `speaker_unknown` and what
        `correct_transcript` does."""
        report, content = await self._target(tx, owner_id, recording_id, AnalysisType.TRANSCRIPTION, None)
        segments = (await self._corrected(tx, report, content)).segments
        moved = [SegmentRequest(place, speaker=into) for place, each in enumerate(segments) if each.speaker == speaker]
        if speaker == into or not moved:
            raise invalid("speaker_unknown", "Choose another voice of this transcript, one that speaks.", "speaker")
        return await self.correct_transcript(tx, owner_id, recording_id, moved)

    async def move(
        self, tx: AsyncConnection, owner_id: str, recording_id: str, segment: int, speaker: str, reach: Reach
    ) -> Sequence[Edit]:
        """Give a segment of the newest transcript, and what its voice says after it as far as `reach`, to another voice
        or a new one (`NEW_VOICE`). Raises `segment_unknown` and what `correct_transcript` does."""
        report, content = await self._target(tx, owner_id, recording_id, AnalysisType.TRANSCRIPTION, None)
        places = reached((await self._corrected(tx, report, content)).segments, segment, reach)
        moved = [SegmentRequest(place, speaker=speaker) for place in places]
        return await self.correct_transcript(tx, owner_id, recording_id, moved)

    async def transcript(self, tx: AsyncConnection, owner_id: str, recording_id: str) -> Transcript:
        """The newest transcript with its corrections; segments keep the places that corrections address, also those
        that have no word left. `not_ready` while there is none."""
        recording = await self._recordings.get(tx, owner_id, recording_id)
        report, content = await self._results.newest(tx, recording, AnalysisType.TRANSCRIPTION)
        return await self._corrected(tx, report, content)

    async def edits(self, tx: AsyncConnection, owner_id: str, recording_id: str) -> Sequence[Edit]:
        """The journals of a recording's reports, each in its order, undone edits too."""
        recording = await self._recordings.get(tx, owner_id, recording_id)
        return await edits_repository.of_recording(tx, recording.id)

    async def undo(self, tx: AsyncConnection, owner_id: str, recording_id: str, edit_id: str) -> Edit:
        """Take an edit back; one that was taken back before stays so. Raises `edit_not_found`."""
        recording = await self._recordings.get(tx, owner_id, recording_id, lock=True)
        found = await edits_repository.of_recording(tx, recording.id)
        edit = next((edit for edit in found if edit.id == edit_id), None)
        if edit is None:
            raise not_found("edit")
        if edit.undone_at is not None:
            return edit
        undone = replace(edit, undone_at=self._clock.now())
        await edits_repository.undo(tx, edit, self._clock.now())
        await self._events.publish(tx, report_events.corrected_event(edit.report_id, edit.recording_id, owner_id))
        return undone

    async def _target(
        self, tx: AsyncConnection, owner_id: str, recording_id: str, wanted: AnalysisType, report_id: str | None
    ) -> tuple[Report, str]:
        recording = await self._recordings.get(tx, owner_id, recording_id, lock=True)
        report, content = await self._results.newest(tx, recording, wanted)
        if report_id is not None and report_id != report.id:
            message = f"There is a newer {wanted}; read it and send the corrections again."
            raise MinutebookError(Kind.CONFLICT, "report_changed", message, field="report_id")
        return report, content

    async def _corrected(self, tx: AsyncConnection, report: Report, content: str) -> Transcript:
        journal = (await edits_repository.of_reports(tx, [report.id])).get(report.id, ())
        return corrected(contents.transcript_of(content), journal)

    async def _write(self, tx: AsyncConnection, report: Report, count: int, check: Check) -> Sequence[Edit]:
        journal = list((await edits_repository.of_reports(tx, [report.id])).get(report.id, ()))
        if not count:
            raise invalid("edits_required", "Send at least one entry in `edits`.", "edits")
        if len(journal) + count > EDITS_MAX:
            raise invalid("edits_too_many", f"A report keeps at most {EDITS_MAX} edits.", "edits")
        before = len(journal)
        for position in range(count):
            change = check(journal, position)
            edit = Edit(new_id(), report.id, report.recording_id, report.owner_id, change, self._clock.now())
            await edits_repository.add(tx, edit)
            journal.append(edit)
        event = report_events.corrected_event(report.id, report.recording_id, report.owner_id)
        await self._events.publish(tx, event)
        return journal[before:]


def _is_of(change: Change, segment: int) -> TypeGuard[WordsChange]:
    return isinstance(change, WordsChange) and change.segment == segment
