"""Word times where the alignment goes wrong."""

from minutebook.speech.engines.whisper_decoder import tokens_within
from minutebook.speech.engines.word_times import capped, collapsed_from, written_words
from minutebook.transcript.model import Word

T0 = 1000
"""Token of the time 0.00 in these tests; one step is 20 ms."""


def aligned(*words: tuple[str, float, float]) -> list[dict[str, object]]:
    return [{"word": word, "start": start, "end": end, "probability": 0.9} for word, start, end in words]


def test_pieces_of_a_number_are_one_word() -> None:
    words = written_words(aligned((" 2", 0.0, 0.3), (",000", 0.3, 0.6), (" invoices", 0.6, 1.0), ("", 1.0, 1.0)), True)
    assert [(w.word, w.start, w.end) for w in words] == [("2,000", 0.0, 0.6), ("invoices", 0.6, 1.0)]


def test_languages_without_blanks_keep_their_words() -> None:
    assert [w.word for w in written_words(aligned(("你", 0.0, 0.3), ("好", 0.3, 0.6)), False)] == ["你", "好"]


def test_words_pressed_together_at_the_end_have_no_sound() -> None:
    said = [Word(w, i * 0.4, i * 0.4 + 0.3, 0.9) for i, w in enumerate(["and", "all", "are", "asleep"])]
    invented = [Word(w, 1.6, 1.6 + 0.02 * (i == 0), 0.4) for i, w in enumerate(["and", "all", "are", "asleep"])]
    assert collapsed_from(said) == 4
    assert collapsed_from([*said, *invented]) == 4


def test_one_short_word_is_no_collapse() -> None:
    words = [Word("I", 0.0, 0.02, 0.9), Word("think", 0.1, 0.4, 0.9), Word("a", 0.4, 0.42, 0.9)]
    assert collapsed_from(words) == 3


def test_the_last_word_ends_after_a_second() -> None:
    assert capped((Word("so", 1.0, 4.0, 0.9),))[-1].end == 2.0
    assert capped(()) == ()


def test_text_after_the_end_of_the_sound_is_dropped() -> None:
    spoken = [T0, 11, 12, T0 + 150]
    invented = [T0 + 150, 11, 12, T0 + 200, T0 + 200, 11]
    assert tokens_within([*spoken, *invented], T0, end_s=2.9) == spoken


def test_a_sentence_that_begins_within_the_sound_is_kept() -> None:
    tokens = [T0, 11, 12, T0 + 100, T0 + 100, 13, 14, T0 + 150]
    assert tokens_within(tokens, T0, end_s=2.9) == tokens
