"""Hearing a call: participants on their own tracks, under their own names; whoever has none in the mixed sound."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from minutebook.analysis.making.hearing import Recogniser
from minutebook.analysis.making.workspace import Workspace
from minutebook.errors import MinutebookError
from minutebook.jobs.ports import Json
from minutebook.recordings.sources import Sources, track_key
from minutebook.speech import tracks
from minutebook.speech.activity import ChunkActivity, own_speech
from minutebook.speech.diarization import ChunkVoices
from minutebook.speech.languages import HeardLanguage
from minutebook.speech.media import Pcm
from minutebook.speech.pipeline import Chunk
from minutebook.speech.ports import Recognised
from minutebook.speech.providers.words import by_track
from minutebook.speech.tracks import track_turns
from minutebook.transcript.calls import CallPeople
from minutebook.transcript.model import Transcript, Turn, Word
from minutebook.transcript.participants import Speaking

log = logging.getLogger("minutebook.analysis")

BLUR_S: Final[Mapping[str, float]] = {"track": 0.15, "network": 0.3}
"""How far from the truth the edges of intervals are, by source; a page shows speakers with up to `PAGE_BLUR_S`."""
PAGE_BLUR_S: Final = 1.5


class CallHearing:
    """A recording with sources: what is known of its participants, and their tracks, which `load` gives by participant
    when they are first needed."""

    def __init__(self, work: Workspace, sources: Sources, load: Callable[[], Awaitable[dict[str, Pcm]]]) -> None:
        self._work = work
        self._pipeline = work.tools.pipeline
        self._sources = sources
        self._load = load
        self._tracks: dict[str, Pcm] | None = None

    async def voices(self, chunk: Chunk) -> Json:
        """When each participant speaks by their track, and who else does."""
        tracks, pcm = await self._loaded_tracks(), await self._work.scratch.pcm()

        def compute(_: object) -> tuple[ChunkActivity, ChunkVoices]:
            return self._pipeline.activity(pcm, tracks, chunk), self._pipeline.other_voices(pcm, chunk, tracks)

        activity, voices = await self._work.attempt.computed(compute)
        return {
            "activity": await self._work.keep(f"activity-{chunk.index}.npz", activity.to_bytes()),
            "voices": await self._work.keep(f"voices-{chunk.index}.npz", voices.to_bytes()),
        }

    async def turns(self, voices: Sequence[Any]) -> list[Turn]:
        found = [ChunkVoices.from_bytes(await self._work.kept(each["voices"])) for each in voices]
        activity = [ChunkActivity.from_bytes(await self._work.kept(each["activity"])) for each in voices]
        return await self._work.attempt.computed(
            lambda _: [*track_turns(own_speech(activity)), *self._pipeline.turns(found)]
        )

    async def recogniser(
        self, chunk: Chunk, turns: Sequence[Turn], spoken: HeardLanguage, hot: Sequence[str]
    ) -> Recogniser:
        tracks, pcm, pipeline = await self._loaded_tracks(), await self._work.scratch.pcm(), self._pipeline
        return lambda progress: pipeline.recognise_tracks(
            pcm, tracks, chunk, turns, spoken.code, hot, progress, spoken.elsewhere
        )

    async def placed(self, words: Sequence[Word], turns: Sequence[Turn]) -> list[Recognised]:
        tracks = await self._loaded_tracks()
        return await self._work.attempt.computed(lambda _: by_track(words, turns, tracks))

    def transcript(
        self,
        recognised: Sequence[Recognised],
        turns: Sequence[Turn],
        language: str,
        duration_s: float,
        notices: Sequence[str],
    ) -> Transcript:
        return call_transcript(self._sources, recognised, turns, language, duration_s, notices)

    async def _loaded_tracks(self) -> dict[str, Pcm]:
        if self._tracks is None:
            self._tracks = await self._load()
        return self._tracks


async def participants_tracks(work: Workspace, sources: Sources) -> dict[str, Pcm]:
    """The tracks that a bot recorded. One that cannot be read is as good as none: that participant is heard in the
    mixed sound."""
    recording_id, storage = work.recording.id, work.tools.storage
    tracks: dict[str, Pcm] = {}
    for participant in sources.participants:
        key = track_key(recording_id, participant.key)
        if participant.track and await storage.head(key) is not None:
            try:
                tracks[participant.key] = await work.scratch.track(participant.key)
            except MinutebookError as error:
                if error.retryable:
                    raise
                log.warning("recording %s: track %s: %s", recording_id, participant.key, error.code)
    return tracks


def call_transcript(
    sources: Sources,
    recognised: Sequence[Recognised],
    turns: Sequence[Turn],
    language: str,
    duration_s: float,
    notices: Sequence[str] = (),
) -> Transcript:
    """Everything that was recognised, under the participants' names."""
    told = (*sources.notices, *notices)
    return tracks.transcript(recognised, turns, people_of(sources), sources.person_of, language, duration_s, told)


def people_of(sources: Sources) -> CallPeople:
    """Persons by the key of their first participant, under the name they had last."""
    names: dict[str, str] = {}
    for participant in sources.participants:
        person = sources.person_of(participant.key)
        names[person] = participant.name or names.get(person, "")
    speaking = (
        Speaking(
            sources.person_of(each.key),
            each.start_s,
            each.end_s,
            each.confidence,
            BLUR_S.get(each.source, PAGE_BLUR_S),
            each.source,
        )
        for each in sources.intervals
    )
    return CallPeople(names, tuple(speaking))
