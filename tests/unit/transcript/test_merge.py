"""Recognised turns become ordered segments."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from minutebook.transcript.merge import DEFAULT, Heard, merge
from minutebook.transcript.model import Turn, Word


def heard(speaker: str, start: float, text: str, each: float = 0.4, probability: float = 0.9) -> Heard:
    words = text.split()
    found = tuple(
        Word(word, start + i * each, start + (i + 1) * each - 0.05, probability) for i, word in enumerate(words)
    )
    return Heard(Turn(speaker, start, start + len(words) * each), found)


def merged(*parts: Heard) -> list[tuple[str, str]]:
    return [(s.speaker, s.text) for s in merge(parts, [part.turn for part in parts])]


def test_segments_are_in_order_whatever_the_order_of_recognition() -> None:
    parts = heard("A", 0, "good morning everyone"), heard("B", 2, "good morning"), heard("A", 4, "let us begin")
    expected = [("A", "good morning everyone"), ("B", "good morning"), ("A", "let us begin")]
    assert merged(*parts) == merged(*reversed(parts)) == expected


def test_turns_of_one_voice_are_one_segment_without_a_pause() -> None:
    assert merged(heard("A", 0, "let us"), heard("A", 1.0, "begin")) == [("A", "let us begin")]
    assert merged(heard("A", 0, "let us"), heard("A", 9.0, "begin")) == [("A", "let us"), ("A", "begin")]


def test_a_word_that_two_recognitions_heard_is_kept_once() -> None:
    first = heard("A", 0, "we launch on Monday")
    echo = Heard(Turn("B", 1.2, 2.4), (Word("Monday,", 1.2, 1.5, 0.4), Word("agreed", 1.8, 2.3, 0.9)))
    assert merged(first, echo) == [("A", "we launch on Monday"), ("B", "agreed")]


def test_a_word_of_the_neighbour_at_the_rim_of_a_turn_is_left_to_the_neighbour() -> None:
    first = Heard(Turn("A", 0.0, 1.0), (Word("yes", 0.2, 0.6, 0.9), Word("be", 1.05, 1.2, 0.3)))
    second = Heard(Turn("B", 1.0, 2.0), (Word("because", 1.02, 1.6, 0.9),))
    assert merged(first, second) == [("A", "yes"), ("B", "because")]


def test_both_voices_are_kept_where_they_speak_at_once() -> None:
    parts = heard("A", 0, "what I wanted to say"), heard("B", 0.8, "no wait please")
    assert Counter(speaker for speaker, _ in merged(*parts)) == {"A": 1, "B": 1}


def test_long_speech_is_divided_after_sentences() -> None:
    text = " ".join(["This is a sentence of eight words only."] * 12)
    segments = merge([heard("A", 0, text)], [Turn("A", 0, 60)])
    assert len(segments) > 2
    assert all(segment.text.endswith(".") for segment in segments)
    assert all(segment.end - segment.start <= DEFAULT.longest_s for segment in segments)


def test_languages_without_blanks_have_none() -> None:
    part = heard("A", 0, "今天 开会")
    assert merge([part], [part.turn], "zh")[0].text == "今天开会"


@given(
    starts=st.lists(
        st.tuples(st.sampled_from("AB"), st.integers(0, 60)), min_size=1, max_size=8, unique_by=lambda s: s[1]
    )
)
def test_every_word_that_was_heard_once_stays(starts: list[tuple[str, int]]) -> None:
    parts = [heard(speaker, start, f"w{start}a w{start}b", each=0.4) for speaker, start in starts]
    segments = merge(parts, [part.turn for part in parts])
    assert Counter(w for s in segments for w in s.text.split()) == Counter(w.word for part in parts for w in part.words)
    assert [s.start for s in segments] == sorted(s.start for s in segments)
