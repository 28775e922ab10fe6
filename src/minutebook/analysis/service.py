"""What can be done with analyses: ask for them, read them, name the voices in them. Every method acts for an owner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.analysis import events as report_events
from minutebook.analysis.edits import repository as edits_repository
from minutebook.analysis.edits.model import Edit, corrected, retimed, revision, spoken
from minutebook.analysis.kinds import AUTOMATIC, KINDS, NAMES_TASK
from minutebook.analysis.model import (
    DEFAULT_INSTRUCTION,
    AnalysisType,
    Options,
    Outcome,
    Report,
    ReportStatus,
    outcome,
)
from minutebook.analysis.reports import contents, repository
from minutebook.analysis.reports.scheduler import Scheduler
from minutebook.analysis.voices import repository as names_repository
from minutebook.analysis.voices.model import NamedSpeaker, Naming, check_distinct, checked_naming, named, with_names
from minutebook.db.events import Event, Events
from minutebook.errors import invalid, not_found
from minutebook.jobs.ports import Job, Jobs
from minutebook.kit.clock import Clock
from minutebook.language.model import MeetingType
from minutebook.meetings import events as meeting_events
from minutebook.meetings.model import Meeting
from minutebook.meetings.service import Meetings
from minutebook.recordings import events as recording_events
from minutebook.recordings.model import Recording, checked_language, not_ready
from minutebook.recordings.service import Recordings
from minutebook.templates.model import NoteTemplate, checked_instruction, checked_meeting_type
from minutebook.templates.service import Templates
from minutebook.transcript.model import Transcript

DEFAULT_OPTIONS: Final = Options()

REVISION = "revision"
"""The fact of a derived report that says which corrections its transcript had when it was made."""


@dataclass(frozen=True, slots=True)
class AnalysisRequest:
    """A request as it was sent. Without `attachment_id` the meeting's recording is meant; `language` overrides
    detection when the recording is transcribed. `template` is a note template's id or name; without it the one of the
    type of meeting is used, if there is one."""

    session_id: str
    analysis_types: Sequence[str]
    attachment_id: str | None = None
    instruction: str | None = None
    meeting_type: str | None = None
    language: str | None = None
    template: str | None = None


@dataclass(frozen=True, slots=True)
class ShownReport:
    """A report and, once it is completed, its content as the contract's JSON string, with corrections and with voices
    under their names; `stale` when its transcript was corrected since it was made."""

    report: Report
    content: str | None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What derived reports are made from: the newest completed transcript, corrected and under its names, the id of its
    report, the meeting, and what tells which corrections there were. In `unnamed` the voices go by their numbers."""

    report_id: str
    transcript: Transcript
    unnamed: Transcript
    meeting: Meeting
    revision: str


class Analysis:
    """Analyses of their owners' recordings: nobody else's are ever found."""

    def __init__(
        self,
        jobs: Jobs,
        events: Events,
        clock: Clock,
        meetings: Meetings,
        recordings: Recordings,
        templates: Templates,
    ) -> None:
        self._jobs = jobs
        self._events = events
        self._meetings = meetings
        self._recordings = recordings
        self._templates = templates
        self.scheduler = Scheduler(jobs, events, clock, recordings)

    def subscribe(self, events: Events) -> None:
        """Follow the recordings and the lists of attendees: called once, by wiring."""
        events.subscribe(meeting_events.UPDATED, self._on_meeting_updated)
        events.subscribe(recording_events.UPLOADED, self._on_uploaded)
        events.subscribe(recording_events.REPLACED, self._on_removed)
        events.subscribe(recording_events.REMOVED, self._on_removed)

    async def request(self, tx: AsyncConnection, owner_id: str, request: AnalysisRequest) -> Sequence[Report]:
        """Have analyses made; returns them and what was added because they need it, dependencies first.

        Raises `analysis_types_required`, `analysis_type_unknown`, `instruction_required`, `meeting_type_unknown`,
        `template_not_found`, `language_invalid`, `session_not_found`, `recording_not_found`.
        """
        types = _checked_types(request.analysis_types)
        meeting_type = checked_meeting_type(request.meeting_type)
        template = await self._templates.chosen(tx, owner_id, request.template, meeting_type or MeetingType.GROUP)
        instruction, language = checked_instruction(request.instruction), checked_language(request.language)
        _check_instructed(types, instruction, template)
        options = _options(template, instruction, meeting_type, language)
        meeting = await self._meetings.get(tx, owner_id, request.session_id)
        recording = (await self._recordings.of_meetings(tx, [meeting.id])).get(meeting.id)
        if recording is None or request.attachment_id not in {None, recording.id}:
            raise not_found("recording")
        options = replace(options, language=options.language or recording.language)
        return await self.scheduler.schedule(tx, recording, types, options)

    async def schedule_for(
        self,
        tx: AsyncConnection,
        recording: Recording,
        types: Sequence[AnalysisType],
        options: Options = DEFAULT_OPTIONS,
    ) -> Sequence[Report]:
        """Have analyses made of a recording in its owner's name, as an upload has; a type that is completed gets a new
        version, one under way is kept as it is. Without a language the recording's holds, and a note that nothing is
        said about follows the owner's template. Returns the reports as `request` does; raises `recording_not_found`.
        """
        options = replace(options, language=options.language or recording.language)
        if (options.instruction, options.sections) == (DEFAULT_INSTRUCTION, ()):
            template = await self._templates.chosen(tx, recording.owner_id, None, options.meeting_type)
            usual = _options(template, meeting_type=options.meeting_type)
            options = replace(options, instruction=usual.instruction, sections=usual.sections)
        return await self.scheduler.schedule(tx, recording, types, options)

    async def reports(
        self,
        tx: AsyncConnection,
        owner_id: str,
        recording_id: str,
        *,
        session_id: str | None = None,
        analysis_type: str | None = None,
    ) -> Sequence[ShownReport]:
        """The newest version of each analysis of a recording, or of one type; with contents. Raises
        `recording_not_found` (also when the recording is not this session's) and `analysis_type_unknown`."""
        wanted = None if analysis_type is None else _checked_types([analysis_type])[0]
        recording = await self._recordings.get(tx, owner_id, recording_id)
        if session_id is not None and session_id != recording.meeting_id:
            raise not_found("recording")
        found = await repository.of_recordings(tx, [recording.id])
        newest = [report for report in _newest(found).values() if wanted in {None, report.type}]
        return await self._shown(tx, recording, found, newest)

    async def progress(self, tx: AsyncConnection, owner_id: str, recording_id: str) -> Sequence[Report]:
        """Like `reports`, without the contents."""
        recording = await self._recordings.get(tx, owner_id, recording_id)
        return list(_newest(await repository.of_recordings(tx, [recording.id])).values())

    async def outcomes(self, tx: AsyncConnection, recording_ids: Sequence[str]) -> Mapping[str, Outcome]:
        """What the reports of recordings come to, by recording; for recordings whose ownership was checked."""
        statuses: dict[str, dict[AnalysisType, ReportStatus]] = {recording_id: {} for recording_id in recording_ids}
        for report in await repository.of_recordings(tx, recording_ids):
            statuses[report.recording_id][report.type] = report.status
        return {recording_id: outcome(of_types) for recording_id, of_types in statuses.items()}

    async def transcript(self, tx: AsyncConnection, owner_id: str, recording_id: str) -> Transcript:
        """The newest completed transcript, corrected, voices under their names; `not_ready` while there is none."""
        recording = await self._recordings.get(tx, owner_id, recording_id)
        return await self._named_transcript(tx, recording, await self._transcription(tx, recording))

    async def speakers(self, tx: AsyncConnection, owner_id: str, recording_id: str) -> Sequence[NamedSpeaker]:
        """The voices of the newest completed transcript; `not_ready` while there is none."""
        recording = await self._recordings.get(tx, owner_id, recording_id)
        return await self._speakers(tx, recording, await self._transcription(tx, recording))

    async def name_speakers(
        self, tx: AsyncConnection, owner_id: str, recording_id: str, namings: Sequence[Naming]
    ) -> Sequence[NamedSpeaker]:
        """Give voices names, or take them away; everything shown of the transcript follows at once, and nothing that
        the talk proposes overrules it. Raises `not_ready`, `speakers_required` and the codes of
        `speakers.checked_naming` and `speakers.check_distinct`."""
        recording = await self._recordings.get(tx, owner_id, recording_id, lock=True)
        report = await self._transcription(tx, recording)
        meeting = await self._meetings.get(tx, owner_id, recording.meeting_id)
        if not namings:
            raise invalid("speakers_required", "Send at least one entry in `speakers`.", "speakers")
        known = [speaker.id for speaker in contents.speakers_of(report.facts)]
        given = dict(await names_repository.given_to(tx, report.id))
        for position, naming in enumerate(namings):
            checked = checked_naming(naming, position, known, meeting)
            await names_repository.give(tx, report.id, checked.speaker_id, checked.name, checked.attendee)
            given[checked.speaker_id] = (checked.name, checked.attendee)
        check_distinct(given)
        await self._events.publish(tx, report_events.report_event(report_events.SPEAKERS_NAMED, report))
        return await self._speakers(tx, recording, report)

    async def meeting(self, tx: AsyncConnection, recording: Recording) -> Meeting:
        """The meeting of a recording, for work in its owner's name."""
        return await self._meetings.get(tx, recording.owner_id, recording.meeting_id)

    async def source(self, tx: AsyncConnection, recording_id: str) -> Source | None:
        """What derived reports are made from, for work in the owner's name; None when it is gone."""
        recording = await self._recordings.load(tx, recording_id)
        report = _newest_completed(await repository.of_recordings(tx, [recording_id]))
        if recording is None or report is None:
            return None
        meeting = await self.meeting(tx, recording)
        edits = (await edits_repository.of_reports(tx, [report.id])).get(report.id, ())
        transcript = await self._named_transcript(tx, recording, report)
        unnamed = replace(transcript, speakers=contents.speakers_of(report.facts))
        return Source(report.id, transcript, unnamed, meeting, revision(edits))

    async def is_there(self, tx: AsyncConnection, recording_id: str, report_id: str) -> bool:
        """Whether a recording still has this report, for work in its owner's name; both stay until the transaction
        ends."""
        recording = await self._recordings.load(tx, recording_id, lock=True)
        return recording is not None and await repository.load(tx, report_id) is not None

    async def newest(self, tx: AsyncConnection, recording: Recording, wanted: AnalysisType) -> tuple[Report, str]:
        """The newest completed report of a type, and the machine's output in it; `not_ready` while there is none."""
        found = await repository.of_recordings(tx, [recording.id])
        report = _newest_completed(found, wanted)
        kept = (await repository.contents_of(tx, [report.id])).get(report.id) if report else None
        if report is None or kept is None:
            raise not_ready(wanted)
        return report, kept

    async def voices_of(self, tx: AsyncConnection, recording: Recording, report: Report) -> Sequence[NamedSpeaker]:
        """The voices that a report names: those of the transcription it rests on."""
        source = await repository.load(tx, report.source_id or report.id)
        return await self._speakers(tx, recording, source) if source is not None else ()

    async def _named_transcript(self, tx: AsyncConnection, recording: Recording, report: Report) -> Transcript:
        kept = (await repository.contents_of(tx, [report.id])).get(report.id)
        if kept is None:  # removed since the report was read
            raise not_found("recording")
        edits = (await edits_repository.of_reports(tx, [report.id])).get(report.id, ())
        transcript = spoken(corrected(contents.transcript_of(kept), edits))
        return with_names(transcript, await self._speakers(tx, recording, report, edits))

    async def _transcription(self, tx: AsyncConnection, recording: Recording) -> Report:
        report = _newest_completed(await repository.of_recordings(tx, [recording.id]))
        if report is None:
            raise not_ready("transcript")
        return report

    async def _speakers(
        self, tx: AsyncConnection, recording: Recording, report: Report, edits: Sequence[Edit] | None = None
    ) -> tuple[NamedSpeaker, ...]:
        if edits is None:
            edits = (await edits_repository.of_reports(tx, [report.id])).get(report.id, ())
        meeting = await self._meetings.get(tx, recording.owner_id, recording.meeting_id)
        given = await names_repository.given_to(tx, report.id)
        proposals = await names_repository.proposed_for(tx, report.id)
        return named(retimed(contents.speakers_of(report.facts), edits), given, proposals, meeting)

    async def _shown(
        self, tx: AsyncConnection, recording: Recording, found: Sequence[Report], wanted: Sequence[Report]
    ) -> Sequence[ShownReport]:
        by_id = {report.id: report for report in found}
        completed = [report.id for report in wanted if report.status is ReportStatus.COMPLETED]
        kept = await repository.contents_of(tx, completed)
        edits = await edits_repository.of_reports(tx, list(by_id))
        shown = []
        for report in wanted:
            content, stale = None, False
            if report.id in kept:
                source = by_id[report.source_id or report.id]
                of_source = edits.get(source.id, ())
                speakers = await self._speakers(tx, recording, source, of_source)
                content = contents.shown(
                    report.type, kept[report.id], speakers, edits.get(report.id, ()), report.options.sections
                )
                stale = source is not report and report.facts.get(REVISION, "") != revision(of_source)
            shown.append(ShownReport(report, content, stale))
        return shown

    async def _on_uploaded(self, tx: AsyncConnection, event: Event) -> None:
        recording = await self._recordings.load(tx, event.subject_id)
        if recording is not None and event.payload.get("automatic", True):
            await self.schedule_for(tx, recording, AUTOMATIC)

    async def _on_meeting_updated(self, tx: AsyncConnection, event: Event) -> None:
        recording = (await self._recordings.of_meetings(tx, [event.subject_id])).get(event.subject_id)
        if recording is not None and _newest_completed(await repository.of_recordings(tx, [recording.id])) is not None:
            job = Job(NAMES_TASK, f"names:{event.id}", {"recording_id": recording.id})
            await self._jobs.enqueue(tx, job)

    async def _on_removed(self, tx: AsyncConnection, event: Event) -> None:
        await self.scheduler.drop(tx, event.subject_id)


def _newest(found: Sequence[Report]) -> dict[AnalysisType, Report]:
    newest = {report.type: report for report in found}
    return {kind_type: newest[kind_type] for kind_type in KINDS if kind_type in newest}


def _newest_completed(found: Sequence[Report], wanted: AnalysisType = AnalysisType.TRANSCRIPTION) -> Report | None:
    """The newest completed report of a type; `found` has versions ascending."""
    return next((r for r in reversed(found) if r.type is wanted and r.status is ReportStatus.COMPLETED), None)


def _checked_types(names: Sequence[str]) -> tuple[AnalysisType, ...]:
    known = ", ".join(AnalysisType)
    if not names:
        raise invalid("analysis_types_required", f"Name at least one analysis: {known}.", "analysis_types")
    unknown = [name for name in names if name not in set(AnalysisType)]
    if unknown:
        raise invalid("analysis_type_unknown", f"An analysis is one of: {known}.", "analysis_types")
    return tuple(dict.fromkeys(AnalysisType(name) for name in names))


def _check_instructed(types: Sequence[AnalysisType], instruction: str, template: NoteTemplate | None) -> None:
    needing = [kind_type for kind_type in types if KINDS[kind_type].needs_instruction]
    if needing and not (instruction or (template and template.instruction)):
        message = f"`{needing[0]}` needs an `instruction` that says what is wanted, or a template that has one."
        raise invalid("instruction_required", message, "instruction")


def _options(
    template: NoteTemplate | None,
    instruction: str = "",
    meeting_type: MeetingType | None = None,
    language: str | None = None,
) -> Options:
    """What was asked for; where nothing was said, what the template has, else what is usual."""
    return Options(
        instruction or (template.instruction if template else "") or DEFAULT_INSTRUCTION,
        meeting_type or (template.meeting_type if template else None) or MeetingType.GROUP,
        language,
        template.sections if template else (),
    )
