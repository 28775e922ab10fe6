"""From the capabilities' types to the wire's."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.analysis.model import Outcome, Report
from minutebook.analysis.voices.model import NamedSpeaker, Proposal
from minutebook.api.paxs.schemas import (
    AttendeeOut,
    EvidenceOut,
    GuessOut,
    NameProposalOut,
    ProgressDetail,
    RecordingOut,
    ReportError,
    ReportOut,
    SessionOut,
    SpeakerOut,
    SpeakersOut,
    WaitingOut,
)
from minutebook.meetings.model import Meeting
from minutebook.recordings.model import Recording

if TYPE_CHECKING:
    from minutebook.records import Records

NO_RECORDING = "created"
"""The status of a meeting that has no recording yet."""


async def rendered_sessions(records: "Records", tx: AsyncConnection, meetings: Sequence[Meeting]) -> list[SessionOut]:
    """Meetings with their recordings and what these have come to."""
    recordings = await records.recordings.of_meetings(tx, [meeting.id for meeting in meetings])
    outcomes = await records.analysis.outcomes(tx, [recording.id for recording in recordings.values()])
    return [_session(meeting, recordings.get(meeting.id), outcomes) for meeting in meetings]


async def rendered_recording(records: "Records", tx: AsyncConnection, recording: Recording) -> RecordingOut:
    """A recording and what it has come to."""
    outcomes = await records.analysis.outcomes(tx, [recording.id])
    return _recording(recording, outcomes[recording.id])


def _session(meeting: Meeting, recording: Recording | None, outcomes: Mapping[str, Outcome]) -> SessionOut:
    shown = None if recording is None else _recording(recording, outcomes[recording.id])
    return SessionOut(
        id=meeting.id,
        title=meeting.title,
        description=meeting.description,
        attendees=[
            AttendeeOut(email=a.email, display_name=a.display_name, role=a.role, source=a.source)
            for a in meeting.attendees
        ],
        status=NO_RECORDING if shown is None else shown.status,
        recording=shown,
        created_at=meeting.created_at,
        updated_at=meeting.updated_at,
    )


def _recording(recording: Recording, outcome: Outcome) -> RecordingOut:
    return RecordingOut(
        id=recording.id,
        session_id=recording.meeting_id,
        filename=recording.filename,
        content_type=recording.content_type,
        size=recording.size,
        duration_s=recording.duration_s,
        sha256=recording.sha256,
        language=recording.language,
        num_speakers=recording.num_speakers,
        origin=recording.origin,
        status=outcome,
        created_at=recording.created_at,
    )


def rendered_report(report: Report, content: str | None = None, *, stale: bool = False) -> ReportOut:
    """A report, with its content if it is given."""
    failure, progress, waiting = report.failure, report.progress, report.waiting
    return ReportOut(
        id=report.id,
        recording_id=report.recording_id,
        analysis_type=report.type,
        status=report.status,
        version=report.version,
        progress=progress.fraction,
        progress_detail=ProgressDetail(stage=progress.stage, done_s=progress.done_s, total_s=progress.total_s),
        report_content=content,
        stale=stale,
        error=failure and ReportError(code=failure.code, message=failure.message, retryable=failure.retryable),
        waiting=waiting and WaitingOut(code=waiting.code, message=waiting.message, since=waiting.since),
        created_at=report.created_at,
        updated_at=report.updated_at,
    )


def rendered_speakers(speakers: Sequence[NamedSpeaker]) -> SpeakersOut:
    """Voices under their names."""
    names = {speaker.id: speaker.name for speaker in speakers}
    return SpeakersOut(speakers=[_speaker(speaker, names) for speaker in speakers])


def _speaker(speaker: NamedSpeaker, names: Mapping[str, str]) -> SpeakerOut:
    return SpeakerOut(
        id=speaker.id,
        name=speaker.name,
        attendee=speaker.attendee,
        talk_time_s=speaker.talk_time_s,
        source=speaker.source,
        proposal=speaker.proposal and _proposal(speaker.proposal, names),
    )


def _proposal(proposal: Proposal, names: Mapping[str, str]) -> NameProposalOut:
    return NameProposalOut(
        name=proposal.name,
        attendee=proposal.attendee,
        confidence=proposal.confidence,
        assigned=proposal.assigned,
        evidence=[
            EvidenceOut(start=e.start, end=e.end, speaker=names.get(e.speaker, e.speaker), quote=e.quote)
            for e in proposal.evidence
        ],
        sounds_like=proposal.guess
        and GuessOut(
            voice_id=proposal.guess.person_id, likeness=proposal.guess.likeness, meetings=proposal.guess.meetings
        ),
    )
