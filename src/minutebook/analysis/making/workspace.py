"""What one attempt at a transcription has at hand, whichever step runs, on whatever machine."""

from minutebook.analysis.making.attempt import ReportAttempt
from minutebook.analysis.making.scratch import Scratch
from minutebook.analysis.making.tools import Tools
from minutebook.recordings.model import Recording, work_prefix
from minutebook.speech.media import DecodeLimits
from minutebook.speech.pipeline import turns_from_json
from minutebook.transcript.model import Turn


class Workspace:
    """The recording, its local copies (`scratch`), and the objects that a step leaves in storage for the next ones."""

    def __init__(self, tools: Tools, attempt: ReportAttempt, recording: Recording) -> None:
        self.tools = tools
        self.attempt = attempt
        self.recording = recording
        limits = DecodeLimits(max_duration_s=tools.speech.max_duration_s)
        self.scratch = Scratch(tools.scratch / attempt.report.id, tools.storage, recording, limits)
        self._objects = work_prefix(recording.id, attempt.report.id, attempt.report.attempt)

    @property
    def wanted_language(self) -> str | None:
        """The language that was asked for with the report or with the recording; None to have it detected."""
        return self.attempt.report.options.language or self.recording.language

    async def keep(self, name: str, data: bytes) -> str:
        """Leave an object; returns its key."""
        return (await self.tools.storage.put_bytes(self._objects + name, data)).key

    async def kept(self, key: str) -> bytes:
        """An object that an earlier step left."""
        return await self.tools.storage.get_bytes(key)

    async def turns(self, key: str) -> list[Turn]:
        """Turns that an earlier step left."""
        return turns_from_json((await self.kept(key)).decode())
