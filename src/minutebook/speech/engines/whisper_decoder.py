"""Short-context Whisper decoding with CTranslate2.

Whisper pads every input to 30 s, so a short turn costs as much as a long one. CTranslate2's encoder takes shorter
features: here a batch of turns is encoded at its longest turn and a margin of silence. Word times come from the
cross-attention (dynamic time warping), through the same encoding.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minutebook.kit.languages import language_code
from minutebook.speech.engines.word_times import capped, collapsed_from, written_words
from minutebook.speech.guards import Fault, Hypothesis
from minutebook.speech.memory import keep_for_reuse
from minutebook.speech.ports import SAMPLE_RATE, Audio
from minutebook.transcript.joining import UNSPACED_LANGUAGES
from minutebook.transcript.model import Word

FULL_FRAMES = 3000
"""Whisper's own window: 30 s of 10 ms frames."""
FRAMES_PER_S = 100
_MAX_TOKENS = 448
_TOKENS_PER_S = 20
_TOKENS_PER_TIMESTAMP_S = 50
_LATEST_START_S = 0.3
_PREPENDED = "\"'“¿([{-"
_APPENDED = "\"'.。,，!！?？:：”)]}、"


@dataclass(frozen=True, slots=True)
class Search:
    """How the decoder searches, and which faults of an earlier search it is tried for.

    `margin_s` is the silence after the longest clip; None pads to 30 s.
    """

    margin_s: float | None
    beam_size: int = 5
    no_repeat_ngram: int = 0
    repetition_penalty: float = 1.0
    cures: frozenset[Fault] = frozenset(Fault)


@dataclass(frozen=True, slots=True)
class Decoded:
    """One clip's words, in seconds from its start, and what the guards need to know."""

    hypothesis: Hypothesis
    words: tuple[Word, ...]


class WhisperDecoder:
    """A CTranslate2 Whisper model on the processor, int8."""

    def __init__(self, folder: Path, threads: int) -> None:
        """`threads` 0 takes all cores.

        Two batches may be decoded at once, each by half of the threads: many small matrices gain little from more,
        and each batch in work takes memory.
        """
        # Threads of the matrix library (OpenMP) sleep between calls instead of spinning: about a tenth less processor
        # time. It reads this when it is loaded, so it comes before the import.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        # oneDNN keeps the convolutions that it has compiled for each length of sound, a thousand by default: 12 MB more
        # with every three minutes of a recording, 800 MB after three hours. Each of the two batches needs two.
        os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "4")
        keep_for_reuse()
        from faster_whisper import WhisperModel

        threads = threads or os.cpu_count() or 1
        self.parallel = min(2, threads)
        self._whisper: Any = WhisperModel(
            str(folder),
            device="cpu",
            compute_type="int8",
            cpu_threads=threads // self.parallel,
            num_workers=self.parallel,
        )

    @property
    def is_multilingual(self) -> bool:
        """Whether the model knows more than English."""
        return bool(self._whisper.model.is_multilingual)

    @cached_property
    def languages(self) -> frozenset[str]:
        """The codes of the languages that the model has a token for."""
        if not self.is_multilingual:
            return frozenset({"en"})
        special = (token[2:-2] for token in self._whisper.hf_tokenizer.get_vocab() if token.startswith("<|"))
        return frozenset(name for name in special if language_code(name) == name)

    def language_probabilities(self, clips: Sequence[Audio], margin_s: float | None) -> list[dict[str, float]]:
        """Probability of each language (ISO 639-1) in each clip."""
        encoded = self._encode(self._features(clips, _width(clips, margin_s)))
        found = self._whisper.model.detect_language(encoded)
        return [{token[2:-2]: float(probability) for token, probability in each} for each in found]

    def decode(
        self, clips: Sequence[Audio], language: str, search: Search, hot_words: Sequence[str] = ()
    ) -> list[Decoded]:
        """Decode a batch of clips (16 kHz, at most 30 s each) together; clips of like length cost least."""
        encoded = self._encode(self._features(clips, _width(clips, search.margin_s)))
        tokenizer = self._tokenizer(language)
        hypotheses, tokens = self._generate(encoded, clips, tokenizer, search, hot_words)
        words = self._align(encoded, [_frames(clip) for clip in clips], tokens, tokenizer)
        return [_settled(*each) for each in zip(hypotheses, words, strict=True)]

    def _features(self, clips: Sequence[Audio], width: int) -> NDArray[np.float32]:
        """Log-mel features [clips, mels, width]; after each clip comes silence as Whisper was trained on: the least
        value of the clip, which its own scaling gives to a sound of zeros."""
        extractor = self._whisper.feature_extractor
        batch = np.empty((len(clips), extractor.mel_filters.shape[0], width), dtype=np.float32)
        for row, clip in zip(batch, clips, strict=True):
            log_mel = extractor(clip)[:, :width]
            row[:] = log_mel.min()
            row[:, : log_mel.shape[1]] = log_mel
        return batch

    def _encode(self, features: NDArray[np.float32]) -> Any:
        """Clip by clip: several at once take as many times the memory, which no cache holds, and save nothing."""
        if len(features) == 1:
            return self._whisper.encode(features)
        from faster_whisper.transcribe import get_ctranslate2_storage

        encoded = [np.asarray(self._whisper.encode(clip[None])) for clip in features]
        return get_ctranslate2_storage(np.concatenate(encoded))

    def _tokenizer(self, language: str) -> Any:
        from faster_whisper.tokenizer import Tokenizer

        return Tokenizer(self._whisper.hf_tokenizer, self.is_multilingual, task="transcribe", language=language)

    def _generate(
        self, encoded: Any, clips: Sequence[Audio], tokenizer: Any, search: Search, hot_words: Sequence[str]
    ) -> tuple[list[Hypothesis], list[list[int]]]:
        prompt = self._whisper.get_prompt(tokenizer, [], hotwords=", ".join(hot_words) or None)
        seconds = [len(clip) / SAMPLE_RATE for clip in clips]
        limit = min(_MAX_TOKENS, len(prompt) + 32 + round(_TOKENS_PER_S * max(seconds)))
        results = self._whisper.model.generate(
            encoded,
            [prompt] * len(clips),
            beam_size=search.beam_size,
            no_repeat_ngram_size=search.no_repeat_ngram,
            repetition_penalty=search.repetition_penalty,
            max_length=limit,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=_suppressed(tokenizer),
        )
        hypotheses, texts = [], []
        for result, duration in zip(results, seconds, strict=True):
            tokens = result.sequences_ids[0]
            kept = tokens_within(tokens, tokenizer.timestamp_begin, duration - _LATEST_START_S)
            text = [token for token in kept if token < tokenizer.eot]
            texts.append(text)
            hypotheses.append(
                Hypothesis(
                    text=tokenizer.decode(text).strip(),
                    seconds=duration,
                    mean_logprob=result.scores[0] * len(tokens) / (len(tokens) + 1),
                    no_speech=result.no_speech_prob,
                    finished=len(kept) < len(tokens) or len(prompt) + len(tokens) < limit,
                )
            )
        return hypotheses, texts

    def _align(
        self, encoded: Any, frames: Sequence[int], tokens: Sequence[list[int]], tokenizer: Any
    ) -> list[tuple[Word, ...]]:
        from faster_whisper.transcribe import merge_punctuations

        merge: Any = merge_punctuations
        aligned = self._whisper.find_alignment(tokenizer, list(tokens), encoded, list(frames))
        for words in aligned:
            merge(words, _PREPENDED, _APPENDED)
        glue = tokenizer.language_code not in UNSPACED_LANGUAGES
        return [tuple(written_words(words, glue)) for words in aligned]


def _frames(clip: Audio) -> int:
    return len(clip) // (SAMPLE_RATE // FRAMES_PER_S)


def _width(clips: Sequence[Audio], margin_s: float | None) -> int:
    """Frames that a batch is padded to."""
    if margin_s is None:
        return FULL_FRAMES
    return min(FULL_FRAMES, max(_frames(clip) for clip in clips) + round(margin_s * FRAMES_PER_S))


def _settled(hypothesis: Hypothesis, words: tuple[Word, ...]) -> Decoded:
    """Leave out words that were written without any sound of their own, from the text too."""
    end = collapsed_from(words)
    if end == len(words):
        return Decoded(hypothesis, capped(words))
    text = " ".join(word.word for word in words[:end])
    return Decoded(replace(hypothesis, text=text, finished=True, collapsed=True), capped(words[:end]))


def _suppressed(tokenizer: Any) -> list[int]:
    """Tokens that stand for no speech (symbols, annotations) or that only the program may set."""
    tasks = (tokenizer.transcribe, tokenizer.translate, tokenizer.sot, tokenizer.sot_prev, tokenizer.sot_lm)
    return sorted({*tokenizer.non_speech_tokens, *tasks, tokenizer.no_speech})


def tokens_within(tokens: Sequence[int], timestamp_begin: int, end_s: float) -> list[int]:
    """The tokens before the first segment that begins at `end_s` or later.

    A decoder that does not stop goes on into the silence after the clip, and says so by its timestamps: `<end><start>`
    in a row open a new segment. Nothing was said there, so nothing from there on is kept.
    """
    latest = timestamp_begin + end_s * _TOKENS_PER_TIMESTAMP_S
    for position in range(1, len(tokens)):
        opens = tokens[position] >= timestamp_begin and tokens[position - 1] >= timestamp_begin
        if opens and tokens[position] >= latest:
            return list(tokens[:position])
    return list(tokens)
