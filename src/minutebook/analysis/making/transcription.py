"""Transcriptions: which way a recording goes, and what is cleared away afterwards."""

from minutebook.analysis.making.attempt import ReportAttempt, SupersededError
from minutebook.analysis.making.call import CallHearing
from minutebook.analysis.making.hearing import Hearing
from minutebook.analysis.making.mixed import MixedHearing
from minutebook.analysis.making.recording import TranscriptionSteps
from minutebook.analysis.making.scratch import clear, left_behind
from minutebook.analysis.making.tools import Tools
from minutebook.analysis.making.workspace import Workspace
from minutebook.recordings.model import work_prefix
from minutebook.recordings.sources import sources_from_json, sources_key


class Transcription:
    """Makes transcriptions; `make` and `clean_up` belong to one attempt."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def make(self, attempt: ReportAttempt) -> None:
        """Probe, decode, tell voices apart, recognise, attribute, save."""
        tools = self._tools
        folders = left_behind(tools.scratch, ())
        async with tools.db.reading() as tx:
            recording = await tools.recordings.load(tx, attempt.report.recording_id)
            processing = await tools.scheduler.processing(tx, [folder.name for folder in folders])
        await clear(*left_behind(tools.scratch, processing))
        if recording is None:
            raise SupersededError
        work = Workspace(tools, attempt, recording)
        await TranscriptionSteps(work, await _hearing(work)).all()

    async def clean_up(self, attempt: ReportAttempt) -> None:
        """Remove what only the work needed."""
        report = attempt.report
        await self._tools.storage.delete_prefix(work_prefix(report.recording_id, report.id))
        await clear(self._tools.scratch / report.id)


async def _hearing(work: Workspace) -> Hearing:
    """A call has its sources beside it before anybody asks for its transcription."""
    key = sources_key(work.recording.id)
    if await work.tools.storage.head(key) is None:
        return MixedHearing(work)
    return CallHearing(work, sources_from_json(await work.kept(key)))
