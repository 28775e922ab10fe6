"""The making of what derives from a transcript: meeting note, key points, sentiment."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from minutebook.analysis.making.attempt import ReportAttempt, SupersededError
from minutebook.analysis.model import AnalysisType, Progress, Report
from minutebook.analysis.reports import contents
from minutebook.analysis.reports.scheduler import Scheduler
from minutebook.analysis.results import REVISION, Results
from minutebook.db.database import Database
from minutebook.jobs.ports import Json
from minutebook.language.model import NoteRequest
from minutebook.language.producers.ports import Producer
from minutebook.language.render import key_points_to_json, note_to_json, sentiment_to_json
from minutebook.meetings.model import Meeting
from minutebook.transcript.model import Transcript

MAKERS: Final[Mapping[AnalysisType, Callable[[Producer, Transcript, NoteRequest], Any]]] = MappingProxyType(
    {
        AnalysisType.MEETING_NOTE: lambda producer, talk, request: note_to_json(producer.note(talk, request)),
        AnalysisType.KEY_POINTS: lambda producer, talk, _: key_points_to_json(producer.key_points(talk)),
        AnalysisType.SENTIMENT: lambda producer, talk, _: sentiment_to_json(producer.sentiment(talk)),
    }
)
"""How each derived report is made, as JSON values that name voices by id."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """Makes derived reports."""

    db: Database
    scheduler: Scheduler
    results: Results
    producer: Producer

    async def make(self, attempt: ReportAttempt) -> None:
        """One step: load the transcript, have the record made, save it."""

        async def derive() -> Json:
            return await self._derive(attempt)

        await attempt.step("make", derive)

    async def clean_up(self, _attempt: ReportAttempt) -> None:
        """There is nothing to clean up."""

    async def _derive(self, attempt: ReportAttempt) -> bool:
        report = attempt.report
        await attempt.tell(Progress(0.0, "reading the transcript"))
        async with self.db.reading() as tx:
            source = await self.results.source(tx, report.recording_id)
        if source is None:
            raise SupersededError
        value = await asyncio.to_thread(
            MAKERS[report.type], self.producer, source.transcript, _note_request(report, source.meeting)
        )
        async with self.db.transaction() as tx:
            return await self.scheduler.complete(
                tx,
                report,
                contents.kept(value),
                facts={REVISION: source.revision},
                source_id=source.report_id,
            )


def _note_request(report: Report, meeting: Meeting) -> NoteRequest:
    return NoteRequest(
        instruction=report.options.instruction,
        meeting_type=report.options.meeting_type,
        held_on=meeting.created_at.date(),
        attendees=tuple(attendee.display_name for attendee in meeting.attendees),
    )
