"""From a recording to its results in one go, on any PAXS server. Decisions only; see `steps`.

Create the meeting, upload, wait, repeat what failed (at most three attempts each), one file after the other,
and never a second meeting for the same file.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Literal

from minutebook.client.errors import (
    BadRequest,
    ConnectionFailed,
    Forbidden,
    LocalFailure,
    NotAuthenticated,
    NotFound,
    PaxsError,
    ServerError,
    TlsFailed,
)
from minutebook.client.model import AnalysisType, Attendee, Meeting, Recording, Report
from minutebook.client.one_shot.happenings import (
    Completed,
    MeetingReady,
    Polled,
    Retrying,
    Started,
    Tell,
    Transferred,
    Uploaded,
)
from minutebook.client.one_shot.sources import Source, plan
from minutebook.client.protocol import operations
from minutebook.client.sending.polling import AUTOMATIC, CONTRACT, Polling, Reports, failure_of, settle
from minutebook.client.sending.steps import Download, Pause, Steps
from minutebook.client.state.ledger import Ledger, Progress

ATTEMPTS = 3
_UPLOAD_BACKOFF_S = 2.0
_ENDS_EVERYTHING = (NotAuthenticated, Forbidden, ConnectionFailed)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is to be made of each recording, and for whom.

    `retry` says what follows a failed transcription: another upload, or another request of the analysis;
    `attempts` counts the first one, too. `template`, `language` and `num_speakers` (how many voices at most) go to
    servers that know them; the contract does not. A meeting without `title` is called like its file, with `bare_titles`
    without the ending.
    """

    attendees: tuple[Attendee, ...]
    title: str | None = None
    types: tuple[AnalysisType, ...] = ()
    instruction: str | None = None
    meeting_type: str | None = None
    template: str | None = None
    language: str | None = None
    num_speakers: int | None = None
    bare_titles: bool = False
    retry: Literal["upload", "analysis"] = "upload"
    attempts: int = ATTEMPTS
    polling: Polling = CONTRACT

    @property
    def extras(self) -> tuple[AnalysisType, ...]:
        """What must be requested because an upload does not start it by itself."""
        wanted = [type for type in dict.fromkeys(self.types) if type not in AUTOMATIC]
        return (AnalysisType.MEETING_NOTE, *wanted) if self.own_note else tuple(wanted)

    @property
    def own_note(self) -> bool:
        """Whether the note that the server makes by itself is not the one that is wanted."""
        return any(each is not None for each in (self.instruction, self.meeting_type, self.template))

    @property
    def hints(self) -> dict[str, str]:
        """What goes with an upload, for servers that know it."""
        told = {"language": self.language, "num_speakers": self.num_speakers}
        return {name: str(value) for name, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True)
class FileResult:
    """What came of one source. `error` is set when something is missing; what is there is in `reports`."""

    source: Source
    meeting: Meeting | None = None
    recording: Recording | None = None
    reports: Reports = field(default_factory=dict)
    error: PaxsError | None = None

    @property
    def completed(self) -> bool:
        """Whether everything that was wanted is there."""
        return self.error is None


def process(
    inputs: Sequence[str | Path], server: str, wishes: Wishes, ledger: Ledger, tell: Tell
) -> Steps[list[FileResult]]:
    """Process each input on its own meeting. All are checked before the first call.

    What ails one file does not stop the next; a lost sign-in or server does, and raises.
    """
    sources = yield from plan(inputs)
    if not wishes.attendees:
        raise BadRequest("Who took part? Give at least one attendee.", code="attendees_required", field="attendees")
    results = []
    for index, source in enumerate(sources, 1):
        tell(Started(source, index, len(sources)))
        title = wishes.title if len(sources) == 1 else None
        key = source.key(server)
        try:
            with ledger.claim(key):
                run = _Run(source, key, replace(wishes, title=title), ledger, tell)
                results.append((yield from run.steps()))
        except LocalFailure as error:
            results.append(FileResult(source, error=error))
    return results


class _Run:
    """One source on its way."""

    def __init__(self, source: Source, key: str, wishes: Wishes, ledger: Ledger, tell: Tell) -> None:
        self._source, self._key, self._wishes, self._ledger, self._tell = source, key, wishes, ledger, tell
        self._result = FileResult(source)
        self._progress = ledger.read(key) or Progress(meeting_key=operations.new_key())
        self._attempts: dict[AnalysisType, int] = {}
        self._shown: set[tuple[AnalysisType, str, int]] = set()
        self._held = frozenset({AnalysisType.MEETING_NOTE}) if wishes.own_note else frozenset()
        """What is made by itself before that which is wanted, and is not told of."""

    def steps(self) -> Steps[FileResult]:
        try:
            meeting = yield from self._meeting()
            yield from self._recording(meeting)
            failed = yield from self._settled(AUTOMATIC)
            self._held = frozenset()
            if self._there(AnalysisType.TRANSCRIPTION):
                failed += yield from self._extras()
        except _ENDS_EVERYTHING:
            raise
        except PaxsError as error:
            return replace(self._result, error=error)
        if failed:
            return replace(self._result, error=failure_of(failed[0]))
        self._ledger.erase(self._key)
        return self._result

    def _meeting(self) -> Steps[Meeting]:
        if self._progress.meeting_id:
            try:
                meeting: Meeting = yield operations.get_session(self._progress.meeting_id)
            except NotFound:  # deleted since: the next one needs a key of its own
                self._progress = Progress(meeting_key=operations.new_key())
            else:
                return self._use(meeting, reused=True)
        self._note()
        meeting = yield operations.create_session(
            self._wishes.attendees, self._title(), None, self._progress.meeting_key
        )
        return self._use(meeting, reused=False)

    def _title(self) -> str:
        name = self._source.title
        return self._wishes.title or (PurePath(name).stem if self._wishes.bare_titles else name)

    def _use(self, meeting: Meeting, reused: bool) -> Meeting:
        self._note(meeting_id=meeting.id)
        self._result = replace(self._result, meeting=meeting)
        self._tell(MeetingReady(meeting, reused))
        return meeting

    def _recording(self, meeting: Meeting) -> Steps[None]:
        """Upload, unless an earlier run already did."""
        known = meeting.recording or (yield from self._remembered(meeting))
        if known and (known.id == self._progress.recording_id or self._is_whole(known)):
            self._has(known)
        else:
            yield from self._upload()

    def _remembered(self, meeting: Meeting) -> Steps[Recording | None]:
        """The recording that was noted, for servers whose meetings do not name theirs."""
        noted = self._progress.recording_id
        if noted is None:
            return None
        try:
            yield operations.reports(noted, meeting.id)
        except NotFound:
            return None
        return Recording(noted, meeting.id, self._source.name)

    def _is_whole(self, known: Recording) -> bool:
        """Whether the meeting's recording is this file: the run was interrupted after its last byte."""
        path = self._source.path
        return path is not None and known.filename == self._source.name and known.size == path.stat().st_size

    def _upload(self) -> Steps[None]:
        if self._source.path is not None:
            yield from self._send(self._source.path)
            return
        with tempfile.TemporaryDirectory(prefix="minutebook-") as folder:
            fetched = Path(folder) / "recording"
            yield Download(str(self._source.url), fetched)
            yield from self._send(fetched)

    def _send(self, path: Path) -> Steps[None]:
        """Upload on the one meeting; a connection that breaks midway is tried again there."""
        meeting = self._result.meeting
        assert meeting is not None
        operation = operations.upload(
            meeting.id,
            path,
            self._source.name,
            lambda sent, total: self._tell(Transferred(sent, total)),
            self._wishes.hints,
        )
        for attempt in range(1, ATTEMPTS + 1):
            try:
                recording: Recording = yield operation
            except TlsFailed:
                raise
            except (ConnectionFailed, ServerError) as error:
                if attempt == ATTEMPTS:
                    raise
                self._tell(Retrying("upload", error.message, attempt + 1, ATTEMPTS))
                yield Pause(_UPLOAD_BACKOFF_S * attempt)
            else:
                self._has(recording)
                self._tell(Uploaded(recording))
                return

    def _has(self, recording: Recording) -> None:
        self._note(recording_id=recording.id)
        self._result = replace(self._result, recording=recording)

    def _extras(self) -> Steps[list[Report]]:
        missing = [type for type in self._wishes.extras if type is AnalysisType.MEETING_NOTE or not self._there(type)]
        if not missing:
            return []
        yield from self._request(missing)
        return (yield from self._settled(missing))

    def _there(self, type: AnalysisType) -> bool:
        return type in self._result.reports and self._result.reports[type].completed

    def _settled(self, types: Sequence[AnalysisType]) -> Steps[list[Report]]:
        """Wait for these reports, repeating what fails; returns those that failed for good."""
        while True:
            newest = yield from settle(*self._ids(), types, self._wishes.polling, self._watch)
            failed = [newest[type] for type in _in_order(types) if type in newest and newest[type].failed]
            if failed and failed[0].analysis_type is AnalysisType.TRANSCRIPTION:
                failed = failed[:1]  # whatever else failed did so because of it
            again = [report for report in failed if self._attempts.get(report.analysis_type, 1) < self._wishes.attempts]
            if not again:
                return failed
            yield from self._repeat(again)

    def _repeat(self, failed: Sequence[Report]) -> Steps[None]:
        for report in failed:
            attempt = self._attempts.get(report.analysis_type, 1) + 1
            self._attempts[report.analysis_type] = attempt
            self._tell(Retrying(report.analysis_type, failure_of(report).message, attempt, self._wishes.attempts))
        types = [report.analysis_type for report in failed]
        if AnalysisType.TRANSCRIPTION not in types:
            yield from self._request(types)
        elif self._wishes.retry == "upload":
            yield from self._upload()
        else:
            yield from self._request(AUTOMATIC)

    def _request(self, types: Sequence[AnalysisType]) -> Steps[None]:
        recording_id, session_id = self._ids()
        wishes = self._wishes
        yield operations.request_analysis(
            recording_id, session_id, types, wishes.instruction, wishes.meeting_type, wishes.template
        )

    def _ids(self) -> tuple[str, str]:
        assert self._result.recording is not None
        assert self._result.meeting is not None
        return self._result.recording.id, self._result.meeting.id

    def _watch(self, newest: Reports) -> None:
        self._result = replace(self._result, reports=newest)
        self._tell(Polled(tuple(newest.values())))
        for report in newest.values():
            seen = (report.analysis_type, report.id, report.version)
            if report.completed and seen not in self._shown:
                self._shown.add(seen)
                if report.analysis_type not in self._held:
                    self._tell(Completed(report))

    def _note(self, **changes: str) -> None:
        self._progress = replace(self._progress, **changes)
        self._ledger.write(self._key, self._progress)


def _in_order(types: Sequence[AnalysisType]) -> tuple[AnalysisType, ...]:
    return tuple(dict.fromkeys((AnalysisType.TRANSCRIPTION, *types)))
