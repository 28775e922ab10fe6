"""Words and numbers as the rules compare them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.language.lexicon import lexicon_of
from minutebook.language.talk.sentences import sentences_of
from minutebook.language.text.embedding import embed, similarity
from minutebook.transcript.model import Segment, Speaker, Transcript
from support.talks import talk

WORDS = lexicon_of("en").words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I'll do it, Tom.", ["i", "will", "do", "it", "tom"]),
        ("We won't — it can't!", ["we", "will", "not", "it", "can", "not"]),
        ("Let’s say it's Tom's", ["let", "us", "say", "it", "is", "tom", "'s"]),
    ],
)
def test_contractions_are_spelt_out(text: str, words: list[str]) -> None:
    assert WORDS.normal_words(text) == words


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("sixty eight thousand", [68000]),
        ("68,000 euros", [68000]),
        ("three hundred and twelve payments", [312]),
        ("two fourteen", [2, 14]),
        ("the twenty-first of March", [21]),
        ("five and ten", [5, 10]),
        ("1.5 hours", [1.5]),
        ("a hundred people", [100]),
        ("hundreds of people", []),
        ("one and a half points", [1.5]),
        ("two and a half thousand", [2500]),
        ("a two-man lift and a one-off", [2]),
        ("nothing", []),
    ],
)
def test_numbers_have_values_however_they_are_written(text: str, values: list[float]) -> None:
    assert [n.value for n in WORDS.numbers_in(WORDS.normal_words(text))] == values


@pytest.mark.parametrize(
    ("one", "other"), [("invoices", "invoice"), ("approval", "approve"), ("rolls", "roll"), ("testing", "tests")]
)
def test_stems_bring_inflections_together(one: str, other: str) -> None:
    assert WORDS.stem(one) == WORDS.stem(other)


@given(st.text(max_size=80))
def test_no_text_breaks_it(text: str) -> None:
    WORDS.numbers_in(WORDS.normal_words(text))
    assert all(WORDS.normal_words(text))


def test_sentences_know_speaker_turn_and_time() -> None:
    first, second, third = sentences_of(talk("A: One two. Three four?\nB: Five."))

    assert (first.text, first.turn, second.is_question) == ("One two.", 0, True)
    assert (third.speaker, third.turn) == ("speaker_2", 1)
    assert first.start < second.start < third.start


def test_a_sentence_cut_by_a_pause_is_one_and_abbreviations_do_not_end_one() -> None:
    parts = (Segment("a", 0.0, 1.0, "We hire Mr. Hale"), Segment("a", 1.5, 2.5, "in May."))

    found = sentences_of(Transcript("en", 3.0, (Speaker("a", "Speaker 1", 2.0),), parts))

    assert [s.text for s in found] == ["We hire Mr. Hale in May."]


def test_vectors_tell_what_is_alike() -> None:
    assert similarity("send the report", "deliver the report to everyone") > similarity(
        "send the report", "my cat sleeps"
    )
    assert embed(["", "word"]).shape == (2, 512)
