"""Moves reports through their states and enqueues what may start, always in one transaction with the state.

Everything that looks at several reports of a recording first locks the recording's row: otherwise a note asked for at
the very moment its transcription completes could be overlooked by both sides.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.analysis import events as report_events
from minutebook.analysis.edits import repository as edits_repository
from minutebook.analysis.edits.model import Change, Edit
from minutebook.analysis.kinds import KINDS
from minutebook.analysis.model import AnalysisType, Failure, Options, Progress, Report, ReportStatus, Waiting
from minutebook.analysis.reports import repository
from minutebook.analysis.reports.planner import Action, Planned, Readiness, plan, readiness
from minutebook.db.events import Events
from minutebook.errors import Kind, MinutebookError, not_found
from minutebook.jobs.ports import Job, Jobs, Json
from minutebook.kit.clock import Clock
from minutebook.kit.ids import new_id
from minutebook.recordings.model import Recording, work_prefix
from minutebook.recordings.service import Recordings

UPSTREAM_FAILED = Failure(
    "transcription_failed",
    "The recording could not be transcribed, and this analysis needs the transcript. See the error there; "
    "asking for this analysis again repeats the transcription too.",
    retryable=True,
)


class Scheduler:
    """The life of reports, from plan to result."""

    def __init__(self, jobs: Jobs, events: Events, clock: Clock, recordings: Recordings) -> None:
        self._jobs = jobs
        self._events = events
        self._clock = clock
        self._recordings = recordings

    async def schedule(
        self, tx: AsyncConnection, recording: Recording, requested: Collection[AnalysisType], options: Options
    ) -> Sequence[Report]:
        """Plan the requested types and what they depend on, enqueue what may start; returns the planned reports.
        Raises `recording_not_found` when the recording went meanwhile, and `sound_removed` when there is nothing left
        to transcribe."""
        current = await self._recordings.load(tx, recording.id, lock=True)
        if current is None:
            raise not_found("recording")
        found = await repository.of_recordings(tx, [recording.id])
        newest = {report.type: report for report in found}
        lines = plan(repository.inventory(found), requested)
        if any(line.type is AnalysisType.TRANSCRIPTION and line.action is not Action.KEEP for line in lines):
            current.check_sound(Kind.CONFLICT)
        planned = [await self._carry_out(tx, recording, line, newest.get(line.type), options) for line in lines]
        await self._advance(tx, recording.id)
        reports = [await repository.load(tx, report_id) for report_id in planned]
        return [report for report in reports if report is not None]

    async def start(self, tx: AsyncConnection, report_id: str, attempt: int) -> Report | None:
        """Take a report to work. None when it is gone or another attempt is under way: then there is nothing to do.
        A start that is repeated after a crash finds the report already processing, and goes on."""
        await repository.move(tx, report_id, attempt, ReportStatus.PROCESSING, self._clock.now())
        report = await repository.load(tx, report_id)
        is_ours = report is not None and report.attempt == attempt and report.status is ReportStatus.PROCESSING
        return report if is_ours else None

    async def progress(self, tx: AsyncConnection, report_id: str, attempt: int, progress: Progress) -> bool:
        """Keep how far the work has come; False says that nobody waits for it any more: stop."""
        return await repository.set_progress(tx, report_id, attempt, progress, self._clock.now())

    async def held_up(self, tx: AsyncConnection, report_id: str, attempt: int, outage: MinutebookError) -> None:
        """Say that the work waits for the end of an outage, and since when it does."""
        report = await repository.load(tx, report_id)
        now = self._clock.now()
        since = report.waiting.since if report is not None and report.waiting is not None else now
        await repository.set_waiting(tx, report_id, attempt, Waiting(outage.code, outage.message, since), now)

    async def going_on(self, tx: AsyncConnection, report_id: str, attempt: int) -> None:
        """Say that nothing holds the work up any more."""
        await repository.set_waiting(tx, report_id, attempt, None, self._clock.now())

    async def complete(
        self,
        tx: AsyncConnection,
        report: Report,
        content: str,
        *,
        facts: dict[str, object] | None = None,
        source_id: str | None = None,
        corrections: Sequence[Change] = (),
    ) -> bool:
        """Save a result, with the machine's own corrections of it, and enqueue what waited for it. False, and nothing
        is saved, when the report is gone or was completed before: a step that is repeated after a crash makes no second
        result."""
        if await self._recordings.load(tx, report.recording_id, lock=True) is None:
            return False
        columns = {"fraction": 1.0, "facts": facts or {}, "source_id": source_id, "failure": None}
        now = self._clock.now()
        if not await repository.move(tx, report.id, report.attempt, ReportStatus.COMPLETED, now, **columns):
            return False
        await repository.save_content(tx, report.id, content)
        for change in corrections:
            edit = Edit(new_id(), report.id, report.recording_id, report.owner_id, change, now)
            await edits_repository.add(tx, edit)
        await self._clear_work(tx, report, report.attempt)
        await self._events.publish(tx, report_events.report_event(report_events.COMPLETED, report))
        await self._advance(tx, report.recording_id)
        return True

    async def fail(self, tx: AsyncConnection, report_id: str, attempt: int, failure: Failure) -> bool:
        """Let a report fail, and with it those that waited for it in vain. Other reports are untouched."""
        report = await repository.load(tx, report_id)
        if report is None or await self._recordings.load(tx, report.recording_id, lock=True) is None:
            return False
        if not await self._failed(tx, report, attempt, failure):
            return False
        await self._clear_work(tx, report, attempt)
        await self._advance(tx, report.recording_id)
        return True

    async def tell_proposed(self, tx: AsyncConnection, recording: Recording, report_id: str) -> None:
        """Tell that the voices of a transcription may have other names now."""
        await self._events.publish(tx, report_events.proposed_event(report_id, recording.id, recording.owner_id))

    async def ask_anew(self, tx: AsyncConnection) -> int:
        """Request the work on all reports that are awaited, for a queue that has forgotten it: those at work, and of
        those that wait the ones that may start; returns for how many recordings."""
        active = await repository.with_active_reports(tx)
        for recording_id in active:
            for report in await repository.of_recordings(tx, [recording_id]):
                if report.status is ReportStatus.PROCESSING:
                    await self._jobs.enqueue(tx, _job(report))
            await self._advance(tx, recording_id)
        return len(active)

    async def processing(self, tx: AsyncConnection, report_ids: Sequence[str]) -> Collection[str]:
        """Those of the reports that are being worked on."""
        return await repository.processing_of(tx, report_ids)

    async def drop(self, tx: AsyncConnection, recording_id: str) -> None:
        """Forget all reports of a recording and withdraw the work on them."""
        for report in await repository.remove_of(tx, recording_id):
            if report.status.is_active:
                await self._jobs.cancel(tx, job_key(report.id, report.attempt))

    async def _carry_out(
        self, tx: AsyncConnection, recording: Recording, line: Planned, newest: Report | None, options: Options
    ) -> str:
        if newest is not None and line.action is Action.KEEP:
            return newest.id
        now = self._clock.now()
        if newest is not None and line.action is Action.REQUEUE:
            columns = {
                "attempt": newest.attempt + 1,
                "options": asdict(options.kept_for(line.type)),
                "fraction": 0.0,
                "progress": {},
                "failure": None,
            }
            await repository.move(tx, newest.id, newest.attempt, ReportStatus.PENDING, now, **columns)
            return newest.id
        report = Report(
            id=new_id(),
            recording_id=recording.id,
            owner_id=recording.owner_id,
            type=line.type,
            version=line.version,
            status=ReportStatus.PENDING,
            attempt=1,
            options=options.kept_for(line.type),
            progress=Progress(0.0),
            created_at=now,
            updated_at=now,
        )
        await repository.add(tx, report)
        return report.id

    async def _advance(self, tx: AsyncConnection, recording_id: str) -> None:
        """Enqueue the pending reports that may start now, fail those that never can. Enqueueing one a second time
        does nothing: the job's key is the report and its attempt."""
        found = await repository.of_recordings(tx, [recording_id])
        existing = repository.inventory(found)
        order = list(KINDS)
        pending = [report for report in found if report.status is ReportStatus.PENDING]
        for report in sorted(pending, key=lambda report: order.index(report.type)):
            match readiness(existing, report.type):
                case Readiness.READY:
                    await self._jobs.enqueue(tx, _job(report))
                case Readiness.DOOMED:
                    await self._failed(tx, report, report.attempt, UPSTREAM_FAILED)
                case Readiness.WAITING:
                    pass

    async def _clear_work(self, tx: AsyncConnection, report: Report, attempt: int) -> None:
        """Have what only the work needed deleted: planned with its end, so that no outage leaves it behind."""
        if report.type is AnalysisType.TRANSCRIPTION:
            await self._recordings.dispose(tx, work_prefix(report.recording_id, report.id, attempt))

    async def _failed(self, tx: AsyncConnection, report: Report, attempt: int, failure: Failure) -> bool:
        now = self._clock.now()
        if not await repository.move(tx, report.id, attempt, ReportStatus.FAILED, now, failure=asdict(failure)):
            return False
        await self._events.publish(tx, report_events.report_event(report_events.FAILED, report))
        return True


def job_key(report_id: str, attempt: int) -> str:
    """The identity of the work on one attempt of a report."""
    return f"report:{report_id}:{attempt}"


def parsed_job_key(key: str) -> tuple[str, int] | None:
    """Report and attempt of a job's key; None for a job that is about something else."""
    match key.split(":"):
        case ["report", report_id, attempt] if attempt.isdecimal():
            return report_id, int(attempt)
    return None


def _job(report: Report) -> Job:
    kind = KINDS[report.type]
    args: dict[str, Json] = {"report_id": report.id, "attempt": report.attempt}
    key = job_key(report.id, report.attempt)
    return Job(task=kind.task, key=key, args=args, queue=kind.queue, owner_id=report.owner_id)
