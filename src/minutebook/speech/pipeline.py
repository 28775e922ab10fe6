"""From decoded sound to a transcript: each stage callable alone, each value between them serialisable.

A durable task calls `voices` and `recognise` per chunk in separate steps, perhaps in separate processes; nothing is
remembered between calls but the loaded models, so the result is the same as in one go.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minutebook.config import SpeechSettings
from minutebook.speech import expectation, languages, tracks, units
from minutebook.speech.activity import BLOCK_S, ChunkActivity, Levels, Span, levels_of, own_speech, power
from minutebook.speech.diarization import ChunkVoices, Diarizer, silence, speaker_turns
from minutebook.speech.engines import open_engine
from minutebook.speech.language_survey import language_of
from minutebook.speech.languages import Elsewhere, HeardLanguage
from minutebook.speech.media import Pcm
from minutebook.speech.memory import give_back
from minutebook.speech.ports import SAMPLE_RATE, Audio, Engine, Recognised
from minutebook.speech.units import Chunk, plan_chunks
from minutebook.speech.voiceprints import Voiceprint, voiceprints
from minutebook.transcript.attribution import number_speakers
from minutebook.transcript.calls import CallPeople
from minutebook.transcript.merge import Heard, merge
from minutebook.transcript.model import NO_SPEECH, Transcript, Turn, Word

__all__ = [
    "Chunk",
    "SpeechPipeline",
    "plan_chunks",
    "recognised_from_json",
    "recognised_to_json",
    "turns_from_json",
    "turns_to_json",
]

_DIARIZATION_CONTEXT_S = 10.0
_CONTEXT_S = 1.0
_LEAST_OTHERS_S = 0.5
"""Less speech that is no participant's than this in a chunk is not worth telling voices apart."""
_VOICES_SHARE = 0.3
"""Share of the time that telling voices apart takes, for progress."""


class SpeechPipeline:
    """The speech stages with their models, which load at first use. Serves one recording at a time."""

    def __init__(self, settings: SpeechSettings, models_dir: Path) -> None:
        self._settings = settings
        self._models_dir = models_dir

    @cached_property
    def _diarizer(self) -> Diarizer:
        return Diarizer(self._settings.threads)

    @cached_property
    def _engine(self) -> Engine:
        return open_engine(self._settings, self._models_dir)

    @cached_property
    def _listener(self) -> Engine:
        """What tells languages: the engine, or the bundled model where it cannot."""
        info = self._engine.info
        if info.detects_language or not info.local:
            return self._engine
        bundled = self._settings.model_copy(update={"engine": "faster-whisper", "model": "base"})
        return open_engine(bundled, self._models_dir)

    def load(self) -> None:
        """Load the models now rather than at first use."""
        _ = self._diarizer, self._engine

    def voices(self, pcm: Pcm, chunk: Chunk) -> ChunkVoices:
        """Who may be speaking in a chunk."""
        offset = max(0.0, chunk.start_s - _DIARIZATION_CONTEXT_S)
        audio = pcm.read(offset, chunk.end_s + _DIARIZATION_CONTEXT_S)
        found = self._diarizer.voices(audio, offset, chunk.start_s, chunk.end_s)
        give_back()
        return found

    def turns(self, voices: Sequence[ChunkVoices], diarize: bool = True, at_most: int | None = None) -> list[Turn]:
        """Who speaks when in the whole recording; one voice for all speech without `diarize`. There are `at_most` so
        many voices where somebody knows: fewer when fewer can be told apart."""
        if diarize:
            return speaker_turns(voices, at_most)
        return _one_voice(speaker_turns(voices, 1))

    def voiceprints(
        self, pcm: Pcm, turns: Sequence[Turn], only: Sequence[str] | None = None
    ) -> Mapping[str, Voiceprint]:
        """How the speakers of a recording (those in `only`) sound, where they are heard alone."""
        return voiceprints(pcm, turns, self._diarizer.embed, only)

    def knows(self, language: str) -> bool:
        """Whether the engine has this language."""
        known = self._engine.info.languages
        return known is None or language in known

    def language(self, pcm: Pcm, turns: Sequence[Turn], familiar: Collection[str] = ()) -> HeardLanguage:
        """The configured language, or the one that is heard; `familiar` are those that the account uses."""
        if self._settings.language and self.knows(self._settings.language):
            return HeardLanguage(self._settings.language)
        found = language_of(self._listener, pcm, turns, familiar)
        return found if self.knows(found.code) else HeardLanguage(languages.DEFAULT, sure=False)

    def recognise(
        self,
        pcm: Pcm,
        chunk: Chunk,
        turns: Sequence[Turn],
        language: str,
        hot_words: Sequence[str] = (),
        progress: Callable[[float], None] | None = None,
        elsewhere: Sequence[Elsewhere] = (),
    ) -> list[Recognised]:
        """The words of a chunk. `turns` are those of the whole recording, `elsewhere` what of them is in another
        language than `language`; `progress` hears the seconds of speech done."""
        found: list[Recognised] = []
        tell = _Steps(progress)
        for code, its in languages.turns_by_language(turns, language, elsewhere):
            own = units.units_of(chunk, its, tracks.quietest_in(pcm))
            heard = self._recognised(pcm, code, own, (), tell.next(own))
            # Where two speak at once a name that is expected is soon heard that nobody said.
            alone = units.by_voices(own, turns)[0] if hot_words else []
            found += asked_again(heard, alone, hot_words, partial(self._recognised, pcm, code))
        give_back()
        return sorted(found, key=_begin)

    def _recognised(
        self,
        pcm: Pcm,
        language: str,
        own: Sequence[Turn],
        hot_words: Sequence[str],
        progress: Callable[[float], None] | None = None,
    ) -> list[Recognised]:
        if not own:
            return []
        offset = max(0.0, min(unit.start for unit in own) - _CONTEXT_S)
        audio: Audio = pcm.read(offset, max(unit.end for unit in own) + _CONTEXT_S)
        return self._engine.recognise(audio, offset, own, language, hot_words, progress)

    def activity(self, mixed: Pcm, of_tracks: Mapping[str, Pcm], chunk: Chunk) -> ChunkActivity:
        """Speech and levels of participants' own tracks in a chunk."""
        offset = max(0.0, chunk.start_s - _DIARIZATION_CONTEXT_S)
        count = round((chunk.end_s - chunk.start_s) / BLOCK_S) + 1
        spans: dict[str, list[Span]] = {}
        levels: dict[str, Levels] = {}
        for key, pcm in of_tracks.items():
            audio = pcm.read(offset, chunk.end_s + _DIARIZATION_CONTEXT_S)
            spans[key] = self._diarizer.speech(audio, offset, chunk.start_s, chunk.end_s)
            levels[key] = levels_of(pcm.read(chunk.start_s, chunk.end_s), count)
        whole = levels_of(mixed.read(chunk.start_s, chunk.end_s), count)
        return ChunkActivity(chunk.start_s, spans, levels, whole)

    def other_voices(self, pcm: Pcm, chunk: Chunk, of_tracks: Mapping[str, Pcm]) -> ChunkVoices:
        """Who may be speaking in a chunk besides the participants that have tracks."""
        offset = max(0.0, chunk.start_s - _DIARIZATION_CONTEXT_S)
        span = offset, chunk.end_s + _DIARIZATION_CONTEXT_S
        audio = pcm.read(*span)
        if of_tracks:
            total = sum((_fitted(power(track.read(*span)), len(audio)) for track in of_tracks.values()), 0.0)
            audio = tracks.nobodys(audio, np.asarray(total))
            heard = self._diarizer.speech(audio, offset, chunk.start_s, chunk.end_s)
            if sum(end - start for start, end in heard) < _LEAST_OTHERS_S:
                return silence(chunk.start_s, chunk.end_s)
        found = self._diarizer.voices(audio, offset, chunk.start_s, chunk.end_s)
        give_back()
        return found

    def recognise_clips(
        self,
        clips: Sequence[tracks.Clip],
        language: str,
        hot_words: Sequence[str] = (),
        progress: Callable[[float], None] | None = None,
    ) -> list[Recognised]:
        """The words of stretches of several tracks, recognised together."""
        if not clips:
            return []
        layout = tracks.laid_out(clips)
        heard = self._engine.recognise(layout.audio, 0.0, layout.turns, language, (), progress)

        def again(doubtful: Sequence[Turn], expected: Sequence[str]) -> list[Recognised]:
            return self._engine.recognise(layout.audio, 0.0, doubtful, language, expected)

        recognised = asked_again(heard, layout.turns, hot_words, again)
        return tracks.back_in_place(recognised, clips, layout)

    def recognise_tracks(
        self,
        mixed: Pcm,
        of_tracks: Mapping[str, Pcm],
        chunk: Chunk,
        turns: Sequence[Turn],
        language: str,
        hot_words: Sequence[str] = (),
        progress: Callable[[float], None] | None = None,
        elsewhere: Sequence[Elsewhere] = (),
    ) -> list[Recognised]:
        """The words of a chunk of a call, those of each participant from their own track; else as `recognise`."""
        found: list[Recognised] = []
        tell = _Steps(progress)
        for code, its in languages.turns_by_language(turns, language, elsewhere):
            clips = tracks.clips_of(chunk, its, of_tracks, mixed)
            found += self.recognise_clips(clips, code, hot_words, tell.next([clip.turn for clip in clips]))
        return sorted(found, key=_begin)

    def transcript(
        self,
        recognised: Sequence[Recognised],
        turns: Sequence[Turn],
        language: str,
        duration_s: float,
        notices: Sequence[str] = (),
    ) -> Transcript:
        """Merge all chunks' words, attribute them, number the speakers."""
        merged = merge((Heard(each.turn, each.words) for each in recognised), turns, language)
        segments, speakers = number_speakers(merged, turns)
        found = tuple(notices) if segments else (*notices, NO_SPEECH)
        return Transcript(language, duration_s, speakers, segments, notices=found)

    def transcribe(
        self,
        pcm: Pcm,
        *,
        language: str | None = None,
        diarize: bool = True,
        num_speakers: int | None = None,
        progress: Callable[[float], None] | None = None,
        notices: Sequence[str] = (),
        parts: Mapping[str, Pcm] | None = None,
    ) -> Transcript:
        """All stages in a row. `progress` hears how many seconds of the recording are done; `parts` are the sounds of
        sources that have their own, `num_speakers` is how many voices there are at most."""
        tell = progress or (lambda _: None)
        chunks = plan_chunks(pcm.duration_s, self._settings.chunk_s)
        if parts:
            return self._of_parts(pcm, parts, chunks, language, tell, notices)
        voices = []
        for chunk in chunks:
            voices.append(self.voices(pcm, chunk))
            tell(_VOICES_SHARE * chunk.end_s)
        turns = self.turns(voices, diarize, num_speakers)
        wanted = language is not None and self.knows(language)
        spoken = HeardLanguage(language) if wanted and language else self.language(pcm, turns)
        recognised: list[Recognised] = []
        for chunk in chunks:
            told_s = _within(chunk, turns, pcm, tell)
            recognised += self.recognise(pcm, chunk, turns, spoken.code, (), told_s, spoken.elsewhere)
        told = [*notices, *(languages.notices_of(spoken) if recognised else ())]
        told += languages.stand_in_notices(language, spoken.code)
        return self.transcript(recognised, turns, spoken.code, pcm.duration_s, told)

    def _of_parts(
        self,
        pcm: Pcm,
        parts: Mapping[str, Pcm],
        chunks: Sequence[Chunk],
        language: str | None,
        tell: Callable[[float], None],
        notices: Sequence[str],
    ) -> Transcript:
        """All stages for a recording whose sources are heard one by one."""
        activity = []
        for chunk in chunks:
            activity.append(self.activity(pcm, parts, chunk))
            tell(_VOICES_SHARE * chunk.end_s)
        turns = tracks.track_turns(own_speech(activity))
        spoken = HeardLanguage(language) if language else self.language(pcm, turns)
        recognised: list[Recognised] = []
        for chunk in chunks:
            told_s = _within(chunk, turns, pcm, tell)
            recognised += self.recognise_tracks(
                pcm, parts, chunk, turns, spoken.code, progress=told_s, elsewhere=spoken.elsewhere
            )
        told = [*notices, *(languages.notices_of(spoken) if recognised else ())]
        people = CallPeople(dict.fromkeys(parts, ""))
        return tracks.transcript(recognised, turns, people, str, spoken.code, pcm.duration_s, told)


def asked_again(
    heard: Sequence[Recognised],
    units: Collection[Turn],
    expected: Sequence[str],
    again: Callable[[Sequence[Turn], Sequence[str]], list[Recognised]],
) -> list[Recognised]:
    """What was heard, after asking again about those of the units in which an expected word may have been misheard."""
    suspects = {each.turn: expectation.suspected(each.words, expected) for each in heard if each.turn in units}
    doubtful = [turn for turn, suspected in suspects.items() if suspected]
    names = list(dict.fromkeys(name for turn in doubtful for name in suspects[turn]))
    second = {each.turn: each for each in again(doubtful, names)} if doubtful else {}
    return [expectation.improved(each, second[each.turn], names) if each.turn in second else each for each in heard]


class _Steps:
    """Progress through several recognitions in a row, told as one."""

    def __init__(self, progress: Callable[[float], None] | None) -> None:
        self._progress = progress
        self._done_s = 0.0

    def next(self, turns: Sequence[Turn]) -> Callable[[float], None] | None:
        """The progress of the next one, over these turns."""
        progress, before = self._progress, self._done_s
        self._done_s += languages.speech_s(turns)
        return None if progress is None else lambda done_s: progress(before + done_s)


def _begin(each: Recognised) -> tuple[float, float, str]:
    return each.turn.start, each.turn.end, each.turn.speaker


def _fitted(own: NDArray[np.float64], samples: int) -> NDArray[np.float64]:
    """The power of a track, as long as that of so many samples: a track may end earlier."""
    fitted = np.zeros(round(samples / SAMPLE_RATE / BLOCK_S) + 1)
    fitted[: len(own)] = own[: len(fitted)]
    return fitted


def _within(chunk: Chunk, turns: Sequence[Turn], pcm: Pcm, tell: Callable[[float], None]) -> Callable[[float], None]:
    """Turn seconds of speech done in a chunk into seconds of the recording done."""
    speech = sum(max(0.0, min(t.end, chunk.end_s) - max(t.start, chunk.start_s)) for t in turns) or 1.0
    before = _VOICES_SHARE * pcm.duration_s

    def done(seconds: float) -> None:
        reached = chunk.start_s + min(1.0, seconds / speech) * (chunk.end_s - chunk.start_s)
        tell(before + (1 - _VOICES_SHARE) * reached)

    return done


def _one_voice(turns: Sequence[Turn]) -> list[Turn]:
    """All speech as turns of one voice that do not overlap."""
    joined: list[Turn] = []
    for turn in sorted(turns, key=lambda t: t.start):
        if joined and turn.start <= joined[-1].end:
            joined[-1] = replace(joined[-1], end=max(joined[-1].end, turn.end))
        else:
            joined.append(Turn("speaker_1", turn.start, turn.end))
    return joined


def turns_to_json(turns: Sequence[Turn]) -> str:
    """Turns as JSON."""
    return json.dumps([[turn.speaker, turn.start, turn.end] for turn in turns])


def turns_from_json(text: str) -> list[Turn]:
    """The inverse of `turns_to_json`."""
    return [Turn(*row) for row in json.loads(text)]


def recognised_to_json(recognised: Sequence[Recognised]) -> str:
    """Recognised turns as JSON."""
    rows = [
        {
            "turn": [each.turn.speaker, each.turn.start, each.turn.end],
            "words": [[w.word, w.start, w.end, w.probability] for w in each.words],
            **({"levels": each.levels} if each.levels else {}),
        }
        for each in recognised
    ]
    return json.dumps(rows, ensure_ascii=False)


def recognised_from_json(text: str) -> list[Recognised]:
    """The inverse of `recognised_to_json`."""
    return [
        Recognised(Turn(*row["turn"]), tuple(Word(*word) for word in row["words"]), tuple(row.get("levels", ())))
        for row in json.loads(text)
    ]
