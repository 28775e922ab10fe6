"""Sentences that the decoder left out."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from minutebook.speech.engines.faster_whisper import FasterWhisperEngine
from minutebook.speech.engines.swallowed import put_back, stretched
from minutebook.speech.engines.whisper_decoder import Decoded, WhisperDecoder
from minutebook.speech.guards import Hypothesis
from minutebook.speech.ports import SAMPLE_RATE, Audio
from minutebook.transcript.model import Turn, Word

TURN = Turn("speaker_1", 5.0, 12.0)
GOOD = Word("Good,", 4.8, 7.0, 0.2)
THEN = Word("then", 7.1, 7.4, 0.9)


def said(*words: str, start: float = 5.0) -> list[Word]:
    return [Word(word, start + 0.3 * at, start + 0.3 * at + 0.2, 0.9) for at, word in enumerate(words)]


def texts(words: Sequence[Word]) -> list[str]:
    return [word.word for word in words]


def test_only_a_word_that_lasts_too_long_hides_something() -> None:
    assert list(stretched(TURN, [GOOD, THEN], 1.2)) == [(0, Turn("speaker_1", 5.0, 7.0))]
    assert list(stretched(TURN, [THEN], 1.2)) == []


def test_a_stretch_begins_where_the_word_before_ends() -> None:
    late = Word("Good,", 7.6, 9.5, 0.4)
    assert list(stretched(TURN, [THEN, late], 1.2)) == [(1, Turn("speaker_1", 7.4, 9.5))]


def test_a_sentence_before_a_stretched_word_is_put_back() -> None:
    heard = said("I", "can", "test", "it", "tomorrow.", "Good.")
    found = put_back([GOOD, THEN], 0, heard)
    assert texts(found) == ["I", "can", "test", "it", "tomorrow.", "Good,", "then"]
    assert [word.start for word in found] == sorted(word.start for word in found)
    assert found[5].end == GOOD.end


def test_what_is_heard_beyond_the_word_is_left_out() -> None:
    assert texts(put_back([GOOD, THEN], 0, said("Agreed.", "good", "the"))) == ["Agreed.", "Good,", "then"]


def test_without_the_word_itself_nothing_is_believed() -> None:
    assert put_back([GOOD, THEN], 0, said("Thank", "you.")) == (GOOD, THEN)
    assert put_back([GOOD, THEN], 0, said("Good.", "Thank", "you.")) == (GOOD, THEN)
    assert put_back([GOOD, THEN], 0, []) == (GOOD, THEN)


def test_a_decoder_that_goes_round_in_circles_is_not_believed() -> None:
    words = [Word("Of", 4.8, 5.1, 0.8), Word("course,", 5.1, 6.6, 0.9), THEN]
    assert put_back(words, 1, said("Of", "course", "of", "course.")) == tuple(words)


class _SkipsTheFirstSentence:
    """A decoder that hears the first sentence of a clip only when nothing else of its turn follows."""

    parallel = 1

    def decode(self, clips: Sequence[Audio], *_: Any) -> list[Decoded]:
        return [self._decoded(len(clip) / SAMPLE_RATE) for clip in clips]

    @staticmethod
    def _decoded(seconds: float) -> Decoded:
        sentence = said("I", "can", "test", "it", "tomorrow.", "Good.", start=0.2)
        words = sentence if seconds < 4.0 else [Word("Good,", 0.0, 2.2, 0.2), *said("then", "we", "decide.", start=2.3)]
        return Decoded(Hypothesis(" ".join(texts(words)), seconds, -0.3, 0.1), tuple(words))


def test_a_turn_whose_first_sentence_was_left_out_has_all_its_words() -> None:
    engine = FasterWhisperEngine(cast(WhisperDecoder, _SkipsTheFirstSentence()))
    turn = Turn("speaker_1", 5.0, 9.0)
    (found,) = engine.recognise(np.zeros(10 * SAMPLE_RATE, np.float32), 0.0, [turn], "en")
    assert texts(found.words)[:7] == ["I", "can", "test", "it", "tomorrow.", "Good,", "then"]
    assert [word.start for word in found.words] == sorted(word.start for word in found.words)
