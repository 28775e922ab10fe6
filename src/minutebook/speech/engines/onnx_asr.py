"""Parakeet TDT (NVIDIA NeMo) on the processor through onnx-asr and onnxruntime, int8.

It hears no more than 30 s at once here, as the units are made for; it tells no language and takes no hot words.
"""

import os
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import exp
from pathlib import Path
from typing import Any, Final

from minutebook.errors import Kind, MinutebookError, invalid
from minutebook.speech.memory import give_back
from minutebook.speech.ports import SAMPLE_RATE, Audio, EngineInfo, Recognised
from minutebook.transcript.model import Turn, Word

LANGUAGES: Final = frozenset(
    {"bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "hr", "hu", "it"}
    | {"lt", "lv", "mt", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "uk"}
)
"""As the model's card has them."""
MODEL_TYPE: Final = "nemo-conformer-tdt"
FILES: Final = ("encoder-model.int8.onnx", "decoder_joint-model.int8.onnx", "vocab.txt")
CONTEXT_S: Final = 0.2
LAST_TOKEN_S: Final = 0.24
"""How long a word lasts after its last token began (TDT tells beginnings only): three of its frames."""
_PUNCTUATION: Final = "P"


def load(folder: Path, threads: int) -> Any:
    """The model in a folder. Raises `speech_engine_missing` where onnx-asr is not installed, `speech_model_invalid`
    where the folder is no such model."""
    try:
        import onnx_asr
        import onnxruntime
    except ImportError as error:
        raise MinutebookError(
            Kind.UNAVAILABLE,
            "speech_engine_missing",
            "The engine onnx-asr is not installed: run `pip install 'minutebook[parakeet]'`.",
        ) from error
    if missing := [name for name in FILES if not (folder / name).is_file()]:
        raise invalid(
            "speech_model_invalid",
            f"The folder {folder} is not a Parakeet TDT model for onnx-asr: it has no {' and no '.join(missing)}.",
            field="speech.model",
        )
    runtime: Any = onnxruntime
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads or os.cpu_count() or 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    loader: Any = onnx_asr
    try:
        model = loader.load_model(
            MODEL_TYPE, folder, quantization="int8", sess_options=options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime's errors have no common class that is public
        raise invalid(
            "speech_model_invalid", f"The model in {folder} cannot be loaded: {error}.", field="speech.model"
        ) from error
    return model.with_timestamps()


class OnnxAsrEngine:
    """Recognises turns; each is decoded greedily and by itself, so the same turn gives the same words."""

    def __init__(self, model: Any) -> None:
        """`model` is what `load` returns."""
        self._model = model

    @property
    def info(self) -> EngineInfo:
        return EngineInfo("onnx-asr", detects_language=False, hot_words=False, languages=LANGUAGES)

    def language_probabilities(self, samples: Sequence[Audio]) -> list[Mapping[str, float]]:
        return [{} for _ in samples]

    def recognise(
        self,
        audio: Audio,
        offset_s: float,
        turns: Sequence[Turn],
        language: str,
        hot_words: Sequence[str] = (),
        progress: Callable[[float], None] | None = None,
    ) -> list[Recognised]:
        found, done_s = [], 0.0
        for turn in turns:
            begin = max(offset_s, turn.start - CONTEXT_S)
            first, last = (round((moment - offset_s) * SAMPLE_RATE) for moment in (begin, turn.end + CONTEXT_S))
            result = self._model.recognize(audio[first:last], sample_rate=SAMPLE_RATE)
            found.append(Recognised(turn, tuple(_words(result, begin, turn.end + CONTEXT_S))))
            give_back()
            done_s += turn.end - turn.start
            if progress:
                progress(done_s)
        return found


def _words(result: Any, begin: float, end: float) -> Iterator[Word]:
    """The tokens of a result as words between two moments of the recording: a token that begins with a blank begins a
    word."""
    text, start, last, probability = "", 0.0, 0.0, 1.0
    for token, moment, logprob in zip(result.tokens, result.timestamps, result.logprobs, strict=True):
        begins = token.startswith(" ") and not _is_punctuation(token)
        if begins and text:
            yield _word(text, begin + start, min(begin + moment, begin + last + LAST_TOKEN_S), probability)
            text, probability = "", 1.0
        if not text:
            start = moment
        text, last, probability = text + token.strip(), moment, min(probability, exp(min(0.0, logprob)))
    if text:
        yield _word(text, begin + start, min(begin + last + LAST_TOKEN_S, end), probability)


def _word(text: str, start: float, end: float, probability: float) -> Word:
    return Word(text, round(start, 3), round(max(start, end), 3), round(probability, 4))


def _is_punctuation(token: str) -> bool:
    bare = token.strip()
    return bool(bare) and all(unicodedata.category(character).startswith(_PUNCTUATION) for character in bare)
