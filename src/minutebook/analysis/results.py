"""Results of analyses: reports with their contents, the transcript with its corrections and names, its voices."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.analysis.edits import repository as edits_repository
from minutebook.analysis.edits.model import Edit, corrected, retimed, revision, spoken
from minutebook.analysis.kinds import checked_types
from minutebook.analysis.model import AnalysisType, Report, ReportStatus
from minutebook.analysis.reports import contents, repository
from minutebook.analysis.reports.planner import newest_completed, newest_of_types
from minutebook.analysis.voices import repository as names_repository
from minutebook.analysis.voices.model import NamedSpeaker, named, with_names
from minutebook.errors import not_found
from minutebook.jobs.apart import Apart, in_place
from minutebook.meetings.model import Meeting
from minutebook.meetings.service import Meetings
from minutebook.recordings.model import Recording, not_ready
from minutebook.recordings.service import Recordings
from minutebook.transcript.model import Transcript

LONG = 200_000
"""Characters of a kept report from which rendering takes longer than the event loop may be held up."""

REVISION = "revision"
"""The fact of a derived report that says which corrections its transcript had when it was made."""


@dataclass(frozen=True, slots=True)
class ShownReport:
    """A report and, once it is completed, its content as the contract's JSON string, with corrections and with voices
    under their names; `stale` when its transcript was corrected since it was made."""

    report: Report
    content: str | None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A report with all that showing it takes; nothing more is read for that."""

    report: Report
    kept: str | None = None
    speakers: Sequence[NamedSpeaker] = ()
    edits: Sequence[Edit] = ()
    stale: bool = False


@dataclass(frozen=True, slots=True)
class KeptTranscript:
    """A transcript as it is kept, with its corrections and the names of its voices."""

    kept: str
    edits: Sequence[Edit]
    speakers: Sequence[NamedSpeaker]

    def transcript(self) -> Transcript:
        """The transcript, corrected, voices under their names."""
        return with_names(spoken(corrected(contents.transcript_of(self.kept), self.edits)), self.speakers)


@dataclass(frozen=True, slots=True)
class Source:
    """What derived reports are made from: the newest completed transcript, corrected and under its names but those
    guessed by a voice, the id of its report, the meeting, and what tells which corrections there were. In `unnamed` the
    voices go by their numbers."""

    report_id: str
    transcript: Transcript
    unnamed: Transcript
    meeting: Meeting
    revision: str


class Results:
    """What is shown of their owners' analyses, and what further work is done on; nobody else's are ever found.

    Methods that take an owner are for callers; those that take a recording are for work in its owner's name.
    """

    def __init__(self, meetings: Meetings, recordings: Recordings, apart: Apart = in_place) -> None:
        self._meetings = meetings
        self._recordings = recordings
        self._apart = apart

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
        return await self.shown(
            await self.kept_reports(tx, owner_id, recording_id, session_id=session_id, analysis_type=analysis_type)
        )

    async def kept_reports(
        self,
        tx: AsyncConnection,
        owner_id: str,
        recording_id: str,
        *,
        session_id: str | None = None,
        analysis_type: str | None = None,
    ) -> Sequence[KeptReport]:
        """What `reports` shows, read and not yet rendered: long ones take longer than a transaction should."""
        wanted = None if analysis_type is None else checked_types([analysis_type])[0]
        recording = await self._recordings.get(tx, owner_id, recording_id)
        if session_id is not None and session_id != recording.meeting_id:
            raise not_found("recording")
        found = await repository.of_recordings(tx, [recording.id])
        newest = [report for report in newest_of_types(found).values() if wanted in {None, report.type}]
        return await self._kept(tx, recording, found, newest)

    async def kept_versions(
        self, tx: AsyncConnection, owner_id: str, recording_id: str, wanted: AnalysisType
    ) -> Sequence[KeptReport]:
        """All completed versions of an analysis, the first one first, read and not yet rendered;
        `recording_not_found`."""
        recording = await self._recordings.get(tx, owner_id, recording_id)
        found = await repository.of_recordings(tx, [recording.id])
        versions = [each for each in found if each.type is wanted and each.status is ReportStatus.COMPLETED]
        return await self._kept(tx, recording, found, versions)

    async def shown(self, kept: Sequence[KeptReport]) -> Sequence[ShownReport]:
        """Render reports; long ones in another process."""
        return [ShownReport(each.report, await self._content(each), each.stale) for each in kept]

    async def _content(self, each: KeptReport) -> str | None:
        if each.kept is None:
            return None
        sections = each.report.options.sections
        apart = self._where(each.kept)
        return await apart(contents.shown, each.report.type, each.kept, each.speakers, each.edits, sections)

    def _where(self, kept: str) -> Apart:
        return self._apart if len(kept) > LONG else in_place

    async def kept_transcript(self, tx: AsyncConnection, owner_id: str, recording_id: str) -> KeptTranscript:
        """What `transcript` makes the transcript of; `not_ready` while there is none."""
        recording = await self._recordings.get(tx, owner_id, recording_id)
        return await self._named_transcript(tx, recording, await self.transcription(tx, recording))

    async def rendered(self, transcript: KeptTranscript, render: Callable[[Transcript], str]) -> str:
        """A transcript in some format; a long one is rendered in another process, so that `render` has to be a
        function of a module, or a `partial` of one."""
        return await self._where(transcript.kept)(_rendered, transcript, render)

    async def transcript(self, tx: AsyncConnection, owner_id: str, recording_id: str) -> Transcript:
        """The newest completed transcript, corrected, voices under their names; `not_ready` while there is none."""
        recording = await self._recordings.get(tx, owner_id, recording_id)
        return (await self._named_transcript(tx, recording, await self.transcription(tx, recording))).transcript()

    async def speakers(self, tx: AsyncConnection, owner_id: str, recording_id: str) -> Sequence[NamedSpeaker]:
        """The voices of the newest completed transcript; `not_ready` while there is none."""
        recording = await self._recordings.get(tx, owner_id, recording_id)
        return await self.voices(tx, recording, await self.transcription(tx, recording))

    async def meeting(self, tx: AsyncConnection, recording: Recording) -> Meeting:
        """The meeting of a recording, for work in its owner's name."""
        return await self._meetings.get(tx, recording.owner_id, recording.meeting_id)

    async def source(self, tx: AsyncConnection, recording_id: str) -> Source | None:
        """What derived reports are made from, for work in the owner's name; None when it is gone."""
        recording = await self._recordings.load(tx, recording_id)
        report = newest_completed(await repository.of_recordings(tx, [recording_id]))
        if recording is None or report is None:
            return None
        meeting = await self.meeting(tx, recording)
        edits = (await edits_repository.of_reports(tx, [report.id])).get(report.id, ())
        # What is made is kept as it is: a name that was guessed by a voice could not be taken back out of it.
        transcript = (await self._named_transcript(tx, recording, report, guessed=False)).transcript()
        unnamed = replace(transcript, speakers=retimed(contents.speakers_of(report.facts), edits))
        return Source(report.id, transcript, unnamed, meeting, revision(edits))

    async def is_there(self, tx: AsyncConnection, recording_id: str, report_id: str) -> bool:
        """Whether a recording still has this report, for work in its owner's name; both stay until the transaction
        ends."""
        recording = await self._recordings.load(tx, recording_id, lock=True)
        return recording is not None and await repository.load(tx, report_id) is not None

    async def newest(self, tx: AsyncConnection, recording: Recording, wanted: AnalysisType) -> tuple[Report, str]:
        """The newest completed report of a type, and the machine's output in it; `not_ready` while there is none."""
        found = await repository.of_recordings(tx, [recording.id])
        report = newest_completed(found, wanted)
        kept = (await repository.contents_of(tx, [report.id])).get(report.id) if report else None
        if report is None or kept is None:
            raise not_ready(wanted)
        return report, kept

    async def voices_of(self, tx: AsyncConnection, recording: Recording, report: Report) -> Sequence[NamedSpeaker]:
        """The voices that a report names: those of the transcription it rests on."""
        source = await repository.load(tx, report.source_id or report.id)
        return await self.voices(tx, recording, source) if source is not None else ()

    async def _named_transcript(
        self, tx: AsyncConnection, recording: Recording, report: Report, *, guessed: bool = True
    ) -> KeptTranscript:
        kept = (await repository.contents_of(tx, [report.id])).get(report.id)
        if kept is None:  # removed since the report was read
            raise not_found("recording")
        edits = (await edits_repository.of_reports(tx, [report.id])).get(report.id, ())
        return KeptTranscript(kept, edits, await self.voices(tx, recording, report, edits, guessed=guessed))

    async def transcription(self, tx: AsyncConnection, recording: Recording) -> Report:
        """The newest completed transcription; `not_ready` while there is none."""
        report = newest_completed(await repository.of_recordings(tx, [recording.id]))
        if report is None:
            raise not_ready("transcript")
        return report

    async def voices(
        self,
        tx: AsyncConnection,
        recording: Recording,
        report: Report,
        edits: Sequence[Edit] | None = None,
        *,
        guessed: bool = True,
    ) -> tuple[NamedSpeaker, ...]:
        """The voices of a transcription under their names; `edits` are its corrections, where they are at hand. With
        `guessed` also under those of people whose remembered voices they sound like."""
        if edits is None:
            edits = (await edits_repository.of_reports(tx, [report.id])).get(report.id, ())
        meeting = await self._meetings.get(tx, recording.owner_id, recording.meeting_id)
        given = await names_repository.given_to(tx, report.id)
        proposals = await names_repository.proposed_for(tx, report.id)
        guesses = await names_repository.guessed_for(tx, report.id) if guessed else {}
        return named(retimed(contents.speakers_of(report.facts), edits), given, proposals, meeting, guesses)

    async def _kept(
        self, tx: AsyncConnection, recording: Recording, found: Sequence[Report], wanted: Sequence[Report]
    ) -> Sequence[KeptReport]:
        by_id = {report.id: report for report in found}
        completed = [report.id for report in wanted if report.status is ReportStatus.COMPLETED]
        kept = await repository.contents_of(tx, completed)
        edits = await edits_repository.of_reports(tx, list(by_id))
        shown = []
        for report in wanted:
            if report.id not in kept:
                shown.append(KeptReport(report))
                continue
            source = by_id[report.source_id or report.id]
            of_source = edits.get(source.id, ())
            speakers = await self.voices(tx, recording, source, of_source)
            stale = source is not report and report.facts.get(REVISION, "") != revision(of_source)
            shown.append(KeptReport(report, kept[report.id], speakers, edits.get(report.id, ()), stale))
        return shown


def _rendered(transcript: KeptTranscript, render: Callable[[Transcript], str]) -> str:
    return render(transcript.transcript())
