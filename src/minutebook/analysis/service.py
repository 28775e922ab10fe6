"""Asking for analyses, and how far they are. Every method acts for an owner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.analysis.kinds import AUTOMATIC, KINDS, NAMES_TASK, checked_types
from minutebook.analysis.model import (
    DEFAULT_INSTRUCTION,
    AnalysisType,
    Options,
    Outcome,
    Report,
    ReportStatus,
    outcome,
)
from minutebook.analysis.reports import repository
from minutebook.analysis.reports.planner import newest_completed, newest_of_types
from minutebook.analysis.reports.scheduler import Scheduler
from minutebook.db.events import Event, Events
from minutebook.errors import invalid, not_found
from minutebook.jobs.ports import Job, Jobs
from minutebook.kit.languages import checked_language
from minutebook.language.model import MeetingType
from minutebook.meetings import events as meeting_events
from minutebook.meetings.service import Meetings
from minutebook.recordings import events as recording_events
from minutebook.recordings.model import Recording, checked_num_speakers
from minutebook.recordings.service import Recordings
from minutebook.templates.model import NoteTemplate, checked_instruction, checked_meeting_type
from minutebook.templates.service import Templates

DEFAULT_OPTIONS: Final = Options()


@dataclass(frozen=True, slots=True)
class AnalysisRequest:
    """A request as it was sent. Without `attachment_id` the meeting's recording is meant; `language` overrides
    detection when the recording is transcribed, `num_speakers` is how many voices there are at most. `template` is a
    note template's id or name; without it the one of the type of meeting is used, if there is one."""

    session_id: str
    analysis_types: Sequence[str]
    attachment_id: str | None = None
    instruction: str | None = None
    meeting_type: str | None = None
    language: str | None = None
    template: str | None = None
    num_speakers: int | None = None


class Analysis:
    """Analyses of their owners' recordings: nobody else's are ever found."""

    def __init__(
        self, jobs: Jobs, meetings: Meetings, recordings: Recordings, templates: Templates, scheduler: Scheduler
    ) -> None:
        self._jobs = jobs
        self._meetings = meetings
        self._recordings = recordings
        self._templates = templates
        self._scheduler = scheduler

    def subscribe(self, events: Events) -> None:
        """Follow the recordings and the lists of attendees: called once, by wiring."""
        events.subscribe(meeting_events.UPDATED, self._on_meeting_updated)
        events.subscribe(recording_events.UPLOADED, self._on_uploaded)
        events.subscribe(recording_events.REPLACED, self._on_removed)
        events.subscribe(recording_events.REMOVED, self._on_removed)

    async def request(self, tx: AsyncConnection, owner_id: str, request: AnalysisRequest) -> Sequence[Report]:
        """Have analyses made; returns them and what was added because they need it, dependencies first.

        Raises `analysis_types_required`, `analysis_type_unknown`, `instruction_required`, `meeting_type_unknown`,
        `template_not_found`, `language_invalid`, `num_speakers_invalid`, `session_not_found`, `recording_not_found`.
        """
        types = checked_types(request.analysis_types)
        meeting_type = checked_meeting_type(request.meeting_type)
        template = await self._templates.chosen(tx, owner_id, request.template, meeting_type or MeetingType.GROUP)
        instruction, language = checked_instruction(request.instruction), checked_language(request.language)
        checked_num_speakers(request.num_speakers)
        _check_instructed(types, instruction, template)
        options = _options(template, instruction, meeting_type, language)
        meeting = await self._meetings.get(tx, owner_id, request.session_id)
        recording = (await self._recordings.of_meetings(tx, [meeting.id])).get(meeting.id)
        if recording is None or request.attachment_id not in {None, recording.id}:
            raise not_found("recording")
        options = _heard_as_told(replace(options, num_speakers=request.num_speakers), recording)
        return await self._scheduler.schedule(tx, recording, types, options)

    async def schedule_for(
        self,
        tx: AsyncConnection,
        recording: Recording,
        types: Sequence[AnalysisType],
        options: Options = DEFAULT_OPTIONS,
    ) -> Sequence[Report]:
        """Have analyses made of a recording in its owner's name, as an upload has; a type that is completed gets a new
        version, one under way is kept as it is. Without a language or a number of voices the recording's hold, and a
        note that nothing is said about follows the owner's template. Returns the reports as `request` does; raises
        `recording_not_found`.
        """
        options = _heard_as_told(options, recording)
        if (options.instruction, options.sections) == (DEFAULT_INSTRUCTION, ()):
            template = await self._templates.chosen(tx, recording.owner_id, None, options.meeting_type)
            usual = _options(template, meeting_type=options.meeting_type)
            options = replace(options, instruction=usual.instruction, sections=usual.sections)
        return await self._scheduler.schedule(tx, recording, types, options)

    async def progress(self, tx: AsyncConnection, owner_id: str, recording_id: str) -> Sequence[Report]:
        """The newest version of each analysis of a recording, without its content: see `Results.reports`."""
        recording = await self._recordings.get(tx, owner_id, recording_id)
        return list(newest_of_types(await repository.of_recordings(tx, [recording.id])).values())

    async def outcomes(self, tx: AsyncConnection, recording_ids: Sequence[str]) -> Mapping[str, Outcome]:
        """What the reports of recordings come to, by recording; for recordings whose ownership was checked."""
        statuses: dict[str, dict[AnalysisType, ReportStatus]] = {recording_id: {} for recording_id in recording_ids}
        for report in await repository.of_recordings(tx, recording_ids):
            statuses[report.recording_id][report.type] = report.status
        return {recording_id: outcome(of_types) for recording_id, of_types in statuses.items()}

    async def _on_uploaded(self, tx: AsyncConnection, event: Event) -> None:
        recording = await self._recordings.load(tx, event.subject_id)
        if recording is not None and event.payload.get("automatic", True):
            await self.schedule_for(tx, recording, AUTOMATIC)

    async def _on_meeting_updated(self, tx: AsyncConnection, event: Event) -> None:
        recording = (await self._recordings.of_meetings(tx, [event.subject_id])).get(event.subject_id)
        if recording is not None and newest_completed(await repository.of_recordings(tx, [recording.id])) is not None:
            job = Job(NAMES_TASK, f"names:{event.id}", {"recording_id": recording.id}, owner_id=recording.owner_id)
            await self._jobs.enqueue(tx, job)

    async def _on_removed(self, tx: AsyncConnection, event: Event) -> None:
        await self._scheduler.drop(tx, event.subject_id)


def _check_instructed(types: Sequence[AnalysisType], instruction: str, template: NoteTemplate | None) -> None:
    needing = [kind_type for kind_type in types if KINDS[kind_type].needs_instruction]
    if needing and not (instruction or (template and template.instruction)):
        message = f"`{needing[0]}` needs an `instruction` that says what is wanted, or a template that has one."
        raise invalid("instruction_required", message, "instruction")


def _heard_as_told(options: Options, recording: Recording) -> Options:
    """What was said when the recording was uploaded holds for what nothing is said of now."""
    return replace(
        options,
        language=options.language or recording.language,
        num_speakers=options.num_speakers or recording.num_speakers,
    )


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
