"""The port between the steps of a transcription and the sound they listen to."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from minutebook.jobs.ports import Json
from minutebook.speech.languages import HeardLanguage
from minutebook.speech.pipeline import Chunk
from minutebook.speech.ports import Recognised
from minutebook.transcript.model import Transcript, Turn, Word

Recogniser = Callable[[Callable[[float], None]], list[Recognised]]
"""Recognises a chunk; it tells the seconds of speech done."""


class Hearing(Protocol):
    """How a recording is heard: `MixedHearing` where all voices share one sound, `CallHearing` where participants have
    tracks of their own. Its methods run in different steps, perhaps in different processes: what one finds out, the
    next gets as an argument."""

    async def voices(self, chunk: Chunk) -> Json:
        """Who may be speaking in a chunk, kept in the workspace; returns what `turns` finds it by."""
        ...

    async def turns(self, voices: Sequence[Any]) -> list[Turn]:
        """Who speaks when in the whole recording, from what `voices` returned for each chunk."""
        ...

    async def recogniser(
        self, chunk: Chunk, turns: Sequence[Turn], spoken: HeardLanguage, hot: Sequence[str]
    ) -> Recogniser:
        """What recognises the words of a chunk; `hot` are words to expect."""
        ...

    async def placed(self, words: Sequence[Word], turns: Sequence[Turn]) -> list[Recognised]:
        """Words that were recognised without regard to who speaks, as if they had been turn by turn."""
        ...

    def transcript(
        self,
        recognised: Sequence[Recognised],
        turns: Sequence[Turn],
        language: str,
        duration_s: float,
        notices: Sequence[str],
    ) -> Transcript:
        """All words under their speakers."""
        ...
