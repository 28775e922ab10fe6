"""Transcriptions: which way a recording goes, and what is cleared away afterwards."""

from minutebook.analysis.making.attempt import SupersededError, Work
from minutebook.analysis.making.call import CallRun
from minutebook.analysis.making.recording import Run, Tools
from minutebook.analysis.making.scratch import clear, left_behind
from minutebook.recordings.model import Recording, work_prefix
from minutebook.recordings.sources import sources_from_json, sources_key


class Transcription:
    """Makes transcriptions; `make` and `clean_up` belong to one report's work."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def make(self, work: Work) -> None:
        """Probe, decode, tell voices apart, recognise, attribute, save."""
        tools = self._tools
        folders = left_behind(tools.scratch, ())
        async with tools.db.reading() as tx:
            recording = await tools.recordings.load(tx, work.report.recording_id)
            processing = await tools.scheduler.processing(tx, [folder.name for folder in folders])
        await clear(*left_behind(tools.scratch, processing))
        if recording is None:
            raise SupersededError
        await (await self._run(work, recording)).all()

    async def _run(self, work: Work, recording: Recording) -> Run:
        """A call has its sources beside it before anybody asks for its transcription."""
        storage, key = self._tools.storage, sources_key(recording.id)
        if await storage.head(key) is None:
            return Run(self._tools, work, recording)
        return CallRun(self._tools, work, recording, sources_from_json(await storage.get_bytes(key)))

    async def clean_up(self, work: Work) -> None:
        """Remove what only the work needed."""
        report = work.report
        await self._tools.storage.delete_prefix(work_prefix(report.recording_id, report.id))
        await clear(self._tools.scratch / report.id)
