"""Transcriptions: which way a recording goes, and what is cleared away afterwards."""

from functools import partial

from minutebook.analysis.making.attempt import ReportAttempt, SupersededError
from minutebook.analysis.making.call import CallHearing, participants_tracks
from minutebook.analysis.making.hearing import Hearing
from minutebook.analysis.making.mixed import MixedHearing
from minutebook.analysis.making.recording import TranscriptionSteps
from minutebook.analysis.making.scratch import clear, left_behind, part_keys
from minutebook.analysis.making.tools import Tools
from minutebook.analysis.making.workspace import Workspace
from minutebook.recordings.sources import Participant, Sources, sources_from_json, sources_key


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
        sources = await _sources(work)
        await TranscriptionSteps(work, partial(_hearing, work, sources)).all()

    async def clean_up(self, attempt: ReportAttempt) -> None:
        """Remove the local copies; what the work kept in the storage goes with its end."""
        await clear(self._tools.scratch / attempt.report.id)


async def _sources(work: Workspace) -> Sources | None:
    """A call has its sources beside it before anybody asks for its transcription."""
    key = sources_key(work.recording.id)
    if await work.tools.storage.head(key) is None:
        return None
    return sources_from_json(await work.kept(key))


def _hearing(work: Workspace, sources: Sources | None, parts: int) -> Hearing:
    """How a recording is heard: a bot's by its participants, another by the `parts` that were found in the file."""
    if sources is not None:
        return CallHearing(work, sources, partial(participants_tracks, work, sources))
    if parts:
        unnamed = Sources(tuple(Participant(key, "", track=True) for key in part_keys(parts)))
        return CallHearing(work, unnamed, work.scratch.parts)
    return MixedHearing(work)
