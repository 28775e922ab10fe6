"""The speech ports: recognition engines. Audio is float32 mono at 16 kHz in [-1, 1]."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from minutebook.transcript.model import Turn, Word

SAMPLE_RATE = 16_000
Audio = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine is and can do: word times, language detection, words to expect, whether it runs on this machine,
    and the codes of the languages it knows (None: it does not say)."""

    name: str
    word_times: bool = True
    detects_language: bool = True
    hot_words: bool = True
    local: bool = True
    languages: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Recognised:
    """The words of one turn, in recording time. `levels` tells how loud each word is (dB of full scale) where the sound
    is one participant's own; empty otherwise."""

    turn: Turn
    words: tuple[Word, ...]
    levels: tuple[float, ...] = ()


class Engine(Protocol):
    """A recogniser. One instance serves one recording at a time and keeps nothing of it afterwards."""

    @property
    def info(self) -> EngineInfo:
        """Name and capabilities."""
        ...

    def language_probabilities(self, samples: Sequence[Audio]) -> list[Mapping[str, float]]:
        """How likely each language (ISO 639-1 code) is spoken in each of these stretches of speech of at most 30 s;
        nothing where the recogniser does not say."""
        ...

    def recognise(
        self,
        audio: Audio,
        offset_s: float,
        turns: Sequence[Turn],
        language: str,
        hot_words: Sequence[str] = (),
        progress: Callable[[float], None] | None = None,
    ) -> list[Recognised]:
        """Recognise each turn. `audio` starts at `offset_s` of the recording and covers all turns; `progress` is
        told the seconds of speech done."""
        ...
