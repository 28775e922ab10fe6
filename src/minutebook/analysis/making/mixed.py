"""Hearing a recording whose voices share one sound: they are told apart by how they sound."""

from collections.abc import Sequence

from minutebook.analysis.making.hearing import Recogniser
from minutebook.analysis.making.workspace import Workspace
from minutebook.jobs.ports import Json
from minutebook.speech.diarization import ChunkVoices
from minutebook.speech.languages import HeardLanguage
from minutebook.speech.pipeline import Chunk
from minutebook.speech.ports import Recognised
from minutebook.speech.providers.words import by_voice
from minutebook.transcript.model import Transcript, Turn, Word


class MixedHearing:
    """A recording without sources, as most uploads are."""

    def __init__(self, work: Workspace) -> None:
        self._work = work
        self._pipeline = work.tools.pipeline

    async def voices(self, chunk: Chunk) -> Json:
        pcm = await self._work.scratch.pcm()
        voices = await self._work.attempt.computed(lambda _: self._pipeline.voices(pcm, chunk))
        return await self._work.keep(f"voices-{chunk.index}.npz", voices.to_bytes())

    async def turns(self, voices: Sequence[str]) -> list[Turn]:
        found = [ChunkVoices.from_bytes(await self._work.kept(key)) for key in voices]
        at_most = self._work.attempt.report.options.num_speakers
        return await self._work.attempt.computed(lambda _: self._pipeline.turns(found, at_most=at_most))

    async def recogniser(
        self, chunk: Chunk, turns: Sequence[Turn], spoken: HeardLanguage, hot: Sequence[str]
    ) -> Recogniser:
        pcm = await self._work.scratch.pcm()
        return lambda progress: self._pipeline.recognise(
            pcm, chunk, turns, spoken.code, hot, progress=progress, elsewhere=spoken.elsewhere
        )

    async def placed(self, words: Sequence[Word], turns: Sequence[Turn]) -> list[Recognised]:
        return by_voice(words, turns)

    def transcript(
        self,
        recognised: Sequence[Recognised],
        turns: Sequence[Turn],
        language: str,
        duration_s: float,
        notices: Sequence[str],
    ) -> Transcript:
        return self._pipeline.transcript(recognised, turns, language, duration_s, notices)
