"""The local engine: Whisper through faster-whisper and CTranslate2, turns decoded in a context of their own length."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from minutebook.speech import guards
from minutebook.speech.engines.batches import cheapest_batches
from minutebook.speech.engines.swallowed import put_back, stretched
from minutebook.speech.engines.whisper_decoder import Decoded, Search, WhisperDecoder
from minutebook.speech.guards import Fault, Limits
from minutebook.speech.memory import give_back
from minutebook.speech.ports import SAMPLE_RATE, Audio, EngineInfo, Recognised
from minutebook.transcript.model import Turn, Word

LONGEST_CLIP_S = 30.0


@dataclass(frozen=True, slots=True)
class Parameters:
    """Every number that decides how turns are decoded.

    `context_s` is the sound kept around a turn; a batch holds at most `batch_size` turns and `batch_s` of padded sound
    (memory), and costs as much as `batch_cost` further turns; `searches` are tried in order until the
    guards find no fault that they cure; a turn that goes on for `rest_s` after its last word is decoded again from
    there, in up to `rounds` rounds, and the stretch of a word longer than `word_s`, which may hide a sentence, once.
    The language of sound shorter than `language_padded_s` is heard in Whisper's own window: of 3 s, 7 of 20 languages
    are right there, 4 with a margin of `language_margin_s`.
    """

    context_s: float = 0.2
    batch_size: int = 8
    batch_s: float = 60.0
    batch_cost: float = 2.5
    rest_s: float = 1.2
    rounds: int = 3
    word_s: float = 1.2
    language_margin_s: float = 2.0
    language_padded_s: float = 6.0
    searches: tuple[Search, ...] = (
        Search(margin_s=2.5),
        Search(margin_s=8.0),
        Search(margin_s=None, no_repeat_ngram=4, repetition_penalty=1.1, cures=guards.LOOPS),
    )
    limits: Limits = guards.DEFAULT


DEFAULT = Parameters()


@dataclass(frozen=True, slots=True)
class _Clip:
    """The sound of a turn, or of what is left of it, and where it starts in the recording."""

    index: int
    turn: Turn
    start_s: float
    audio: Audio

    @property
    def seconds(self) -> float:
        return len(self.audio) / SAMPLE_RATE


class FasterWhisperEngine:
    """Recognises turns of at most 28 s. Every search is deterministic: the same turns give the same words."""

    def __init__(self, decoder: WhisperDecoder, parameters: Parameters = DEFAULT) -> None:
        self._decoder = decoder
        self._parameters = parameters

    @property
    def info(self) -> EngineInfo:
        languages = self._decoder.languages
        return EngineInfo("faster-whisper", detects_language=self._decoder.is_multilingual, languages=languages)

    def language_probabilities(self, samples: Sequence[Audio]) -> list[Mapping[str, float]]:
        if not self._decoder.is_multilingual:
            return [{"en": 1.0} for _ in samples]
        return [
            self._decoder.language_probabilities([sample], self._language_margin_s(sample))[0] for sample in samples
        ]

    def _language_margin_s(self, sample: Audio) -> float | None:
        p = self._parameters
        return None if len(sample) < p.language_padded_s * SAMPLE_RATE else p.language_margin_s

    def recognise(
        self,
        audio: Audio,
        offset_s: float,
        turns: Sequence[Turn],
        language: str,
        hot_words: Sequence[str] = (),
        progress: Callable[[float], None] | None = None,
    ) -> list[Recognised]:
        found: list[tuple[Word, ...]] = [() for _ in turns]
        clips = [self._clip(audio, offset_s, index, turn, turn.start) for index, turn in enumerate(turns)]
        for _ in range(self._parameters.rounds):
            for clip, words in self._decode(clips, language, hot_words, progress):
                found[clip.index] += words
            progress = None
            rests = [(clip, self._rest_from(clip, found[clip.index])) for clip in clips]
            clips = [self._clip(audio, offset_s, clip.index, clip.turn, rest) for clip, rest in rests if rest]
        self._hear_swallowed(audio, offset_s, turns, found, language, hot_words)
        return [Recognised(turn, words) for turn, words in zip(turns, found, strict=True)]

    def _clip(self, audio: Audio, offset_s: float, index: int, turn: Turn, start_s: float) -> _Clip:
        context_s = self._parameters.context_s
        if turn.end - turn.start > LONGEST_CLIP_S - 2 * context_s + 1e-6:
            raise ValueError(f"A turn of {turn.end - turn.start:.1f} s is longer than the model hears.")
        before_s = context_s if start_s == turn.start else 0.0
        first = max(0, round((start_s - before_s - offset_s) * SAMPLE_RATE))
        last = round((turn.end + context_s - offset_s) * SAMPLE_RATE)
        return _Clip(index, turn, offset_s + first / SAMPLE_RATE, audio[first:last])

    def _rest_from(self, clip: _Clip, words: Sequence[Word]) -> float | None:
        """Where the decoder ended although the turn goes on: Whisper drops a sentence that its window cuts."""
        if not words or clip.turn.end - words[-1].end < self._parameters.rest_s:
            return None
        return max(words[-1].end, clip.start_s + 1.0)

    def _hear_swallowed(
        self,
        audio: Audio,
        offset_s: float,
        turns: Sequence[Turn],
        found: list[tuple[Word, ...]],
        language: str,
        hot_words: Sequence[str],
    ) -> None:
        """Decode the stretches of words that last too long, and put back what they hide."""
        looks = [
            (index, position, self._clip(audio, offset_s, number, stretch, stretch.start))
            for number, (index, position, stretch) in enumerate(self._stretches(turns, found))
        ]
        again = self._decode([clip for *_, clip in looks], language, hot_words, None)
        # From the last one on: what is put back moves the later ones.
        for (index, position, _), (_, words) in reversed(list(zip(looks, again, strict=True))):
            found[index] = put_back(found[index], position, words)

    def _stretches(self, turns: Sequence[Turn], found: Sequence[Sequence[Word]]) -> Iterator[tuple[int, int, Turn]]:
        for index, (turn, words) in enumerate(zip(turns, found, strict=True)):
            for position, stretch in stretched(turn, words, self._parameters.word_s):
                yield index, position, stretch

    def _decode(
        self,
        clips: Sequence[_Clip],
        language: str,
        hot_words: Sequence[str],
        progress: Callable[[float], None] | None,
    ) -> Iterator[tuple[_Clip, tuple[Word, ...]]]:
        """Decode all clips; those that the guards doubt again with the next search."""
        best: dict[int, Decoded] = {}
        todo, done_s = list(range(len(clips))), 0.0
        for number, search in enumerate(self._parameters.searches):
            todo = [i for i in todo if number == 0 or search.cures & self._faults(best[i])]
            for batch, decoded in self._decode_batches(clips, todo, language, search, hot_words):
                for index, each in zip(batch, decoded, strict=True):
                    best[index] = self._better(best.get(index), each)
                if progress and number == 0:
                    done_s += sum(clips[i].turn.end - clips[i].turn.start for i in batch)
                    progress(done_s)
        for index, clip in enumerate(clips):
            yield clip, self._trusted(clip, best[index])

    def _decode_batches(
        self, clips: Sequence[_Clip], todo: Sequence[int], language: str, search: Search, hot_words: Sequence[str]
    ) -> Iterator[tuple[list[int], list[Decoded]]]:
        def decode(batch: Sequence[int]) -> list[Decoded]:
            decoded = self._decoder.decode([clips[i].audio for i in batch], language, search, hot_words)
            # Over the ten minutes of a chunk, what is free and kept grows to 200 MB.
            give_back()
            return decoded

        batches = self._batches(clips, todo, search)
        with ThreadPoolExecutor(self._decoder.parallel) as pool:
            yield from zip(batches, pool.map(decode, batches), strict=True)

    def _batches(self, clips: Sequence[_Clip], indices: Sequence[int], search: Search) -> list[list[int]]:
        """Clips of like length together: the longest decides what a batch costs."""
        ordered = sorted(indices, key=lambda i: (len(clips[i].audio), i))
        lengths = [LONGEST_CLIP_S if search.margin_s is None else clips[i].seconds + search.margin_s for i in ordered]
        p = self._parameters
        return [ordered[part] for part in cheapest_batches(lengths, p.batch_size, p.batch_s, p.batch_cost)]

    def _faults(self, decoded: Decoded) -> frozenset[Fault]:
        limits = self._parameters.limits
        silent = guards.is_silence(decoded.hypothesis, limits)
        return frozenset() if silent else guards.faults(decoded.hypothesis, limits)

    def _better(self, earlier: Decoded | None, later: Decoded) -> Decoded:
        """The hypothesis with fewer faults; of two alike, the likelier."""

        def worth(decoded: Decoded) -> tuple[int, float]:
            return -len(self._faults(decoded)), decoded.hypothesis.mean_logprob

        return later if earlier is None or worth(later) > worth(earlier) else earlier

    def _trusted(self, clip: _Clip, decoded: Decoded) -> tuple[Word, ...]:
        limits = self._parameters.limits
        if guards.is_silence(decoded.hypothesis, limits) or guards.is_repetitive(decoded.hypothesis.text, limits):
            return ()
        return tuple(_in_recording(word, clip) for word in decoded.words)


def _in_recording(word: Word, clip: _Clip) -> Word:
    end = clip.start_s + clip.seconds
    return replace(
        word,
        start=round(min(clip.start_s + word.start, end), 3),
        end=round(min(clip.start_s + word.end, end), 3),
        probability=round(word.probability, 4),
    )
