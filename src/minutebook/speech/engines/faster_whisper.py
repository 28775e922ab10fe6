"""The local engine: Whisper through faster-whisper and CTranslate2, turns decoded in a context of their own length."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from minutebook.speech import guards
from minutebook.speech.engines.whisper_decoder import Decoded, Search, WhisperDecoder
from minutebook.speech.guards import Limits
from minutebook.speech.ports import SAMPLE_RATE, Audio, EngineInfo, Recognised
from minutebook.transcript.model import Turn, Word

LONGEST_CLIP_S = 30.0


@dataclass(frozen=True, slots=True)
class Parameters:
    """Every number that decides how turns are decoded.

    `context_s` is the sound kept around a turn; `batch_s` how much padded sound is decoded at once; `searches` are
    tried in order until the guards find no fault.
    """

    context_s: float = 0.2
    batch_size: int = 8
    batch_s: float = 120.0
    searches: tuple[Search, ...] = (
        Search(margin_s=2.0),
        Search(margin_s=None),
        Search(margin_s=None, no_repeat_ngram=4, repetition_penalty=1.1),
    )
    limits: Limits = guards.DEFAULT


DEFAULT = Parameters()


@dataclass(frozen=True, slots=True)
class _Clip:
    """The sound of a turn and where it starts in the recording."""

    turn: Turn
    start_s: float
    audio: Audio


class FasterWhisperEngine:
    """Recognises turns of at most 28 s. Every search is deterministic: the same turns give the same words."""

    def __init__(self, folder: Path, threads: int = 0, parameters: Parameters = DEFAULT) -> None:
        """`folder` holds a CTranslate2 Whisper model; `threads` 0 takes all cores."""
        self._decoder = WhisperDecoder(folder, threads)
        self._parameters = parameters

    @property
    def info(self) -> EngineInfo:
        return EngineInfo("faster-whisper", detects_language=self._decoder.is_multilingual)

    def detect_language(self, samples: Sequence[Audio]) -> str:
        """The likeliest language, each sample of speech having an equal voice; `en` when there is no sample."""
        if not self._decoder.is_multilingual or not samples:
            return "en"
        shares: Counter[str] = Counter()
        for sample in samples:
            shares.update(self._decoder.language_probabilities(sample))
        return max(shares, key=lambda language: (shares[language], language))

    def recognise(
        self,
        audio: Audio,
        offset_s: float,
        turns: Sequence[Turn],
        language: str,
        hot_words: Sequence[str] = (),
        progress: Callable[[float], None] | None = None,
    ) -> list[Recognised]:
        clips = [self._clip(audio, offset_s, turn) for turn in turns]
        best: dict[int, Decoded] = {}
        todo, done_s = list(range(len(clips))), 0.0
        for search in self._parameters.searches:
            for batch in self._batches(clips, todo, search):
                for index, decoded in zip(
                    batch,
                    self._decoder.decode([clips[i].audio for i in batch], language, search, hot_words),
                    strict=True,
                ):
                    best[index] = self._better(best.get(index), decoded)
                if progress and search is self._parameters.searches[0]:
                    done_s += sum(clips[i].turn.end - clips[i].turn.start for i in batch)
                    progress(done_s)
            todo = [index for index in todo if self._is_doubtful(best[index])]
        return [self._recognised(clip, best[index]) for index, clip in enumerate(clips)]

    def _clip(self, audio: Audio, offset_s: float, turn: Turn) -> _Clip:
        if turn.end - turn.start > LONGEST_CLIP_S - 2 * self._parameters.context_s:
            raise ValueError(f"A turn of {turn.end - turn.start:.1f} s is longer than the model hears.")
        first = max(0, round((turn.start - self._parameters.context_s - offset_s) * SAMPLE_RATE))
        last = round((turn.end + self._parameters.context_s - offset_s) * SAMPLE_RATE)
        return _Clip(turn, offset_s + first / SAMPLE_RATE, audio[first:last])

    def _batches(self, clips: Sequence[_Clip], indices: Sequence[int], search: Search) -> list[list[int]]:
        """Clips of like length together: the longest decides what a batch costs."""
        batches: list[list[int]] = []
        for index in sorted(indices, key=lambda i: (len(clips[i].audio), i)):
            padded_s = len(clips[index].audio) / SAMPLE_RATE + search.margin_s if search.margin_s else LONGEST_CLIP_S
            size = min(self._parameters.batch_size, max(1, int(self._parameters.batch_s / padded_s)))
            if batches and len(batches[-1]) < size:
                batches[-1].append(index)
            else:
                batches.append([index])
        return batches

    def _is_doubtful(self, decoded: Decoded) -> bool:
        limits = self._parameters.limits
        return bool(guards.faults(decoded.hypothesis, limits)) and not guards.is_silence(decoded.hypothesis, limits)

    def _better(self, earlier: Decoded | None, later: Decoded) -> Decoded:
        """The hypothesis with fewer faults; of two alike, the likelier."""

        def worth(decoded: Decoded) -> tuple[int, float]:
            return -len(guards.faults(decoded.hypothesis, self._parameters.limits)), decoded.hypothesis.mean_logprob

        return later if earlier is None or worth(later) > worth(earlier) else earlier

    def _recognised(self, clip: _Clip, decoded: Decoded) -> Recognised:
        limits = self._parameters.limits
        if guards.is_silence(decoded.hypothesis, limits) or guards.is_repetitive(decoded.hypothesis.text, limits):
            return Recognised(clip.turn, ())
        return Recognised(clip.turn, tuple(_in_recording(word, clip) for word in decoded.words))


def _in_recording(word: Word, clip: _Clip) -> Word:
    end = clip.start_s + len(clip.audio) / SAMPLE_RATE
    return replace(
        word,
        start=round(min(clip.start_s + word.start, end), 3),
        end=round(min(clip.start_s + word.end, end), 3),
        probability=round(word.probability, 4),
    )
