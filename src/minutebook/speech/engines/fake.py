"""An engine for tests of everything around engines: it says what it is told to, and hears nothing."""

from collections.abc import Callable, Mapping, Sequence

from minutebook.speech.ports import Audio, EngineInfo, Recognised
from minutebook.transcript.model import Turn, Word


class FakeEngine:
    """Says `text` in every turn, its words spread evenly over the turn."""

    def __init__(self, text: str = "so it is", language: str = "en") -> None:
        self._text = text
        self._language = language

    @property
    def info(self) -> EngineInfo:
        return EngineInfo("fake")

    def language_probabilities(self, samples: Sequence[Audio]) -> list[Mapping[str, float]]:
        return [{self._language: 1.0} for _ in samples]

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
            found.append(Recognised(turn, self._words(turn)))
            done_s += turn.end - turn.start
            if progress:
                progress(done_s)
        return found

    def _words(self, turn: Turn) -> tuple[Word, ...]:
        words = self._text.split()
        each = (turn.end - turn.start) / max(1, len(words))
        return tuple(
            Word(word, turn.start + index * each, turn.start + (index + 1) * each, 1.0)
            for index, word in enumerate(words)
        )
