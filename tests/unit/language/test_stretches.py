"""Stretches that a model reads at one go."""

from itertools import pairwise

from minutebook.language.producers.stretches import halves, stretches_of, words_in
from minutebook.language.talk.sentences import Sentence, sentences_of
from support.talks import talk

SHIPS = "The ferry needs a new engine before the harbour opens for the season."
CAKES = "The bakery wants lemon cake and bread rolls on the table for breakfast."


def told(*said: str) -> tuple[Sentence, ...]:
    return sentences_of(talk("\n".join(f"{'AB'[n % 2]}: {line}" for n, line in enumerate(said))))


def test_a_long_talk_is_cut_between_eight_and_fifteen_hundred_words() -> None:
    sentences = told(*[SHIPS, CAKES] * 300)

    stretches = stretches_of(sentences, 1500)

    assert [s.index for stretch in stretches for s in stretch] == list(range(600))
    assert all(800 <= words_in(stretch) <= 1500 for stretch in stretches[:-1])
    assert 400 <= words_in(stretches[-1]) <= 1500


def test_it_is_cut_where_the_topic_changes() -> None:
    sentences = told(*[SHIPS] * 90, *[CAKES] * 60)

    first, second = stretches_of(sentences, 1500)

    assert {s.text for s in first} == {SHIPS}
    assert {s.text for s in second} == {CAKES}


def test_a_little_of_what_went_before_stands_in_front() -> None:
    stretches = stretches_of(told(*[SHIPS, CAKES] * 100), 200, 3)

    assert all(list(one[-3:]) == list(other[:3]) for one, other in pairwise(stretches))


def test_a_short_talk_is_one_stretch_and_silence_none() -> None:
    assert [len(s) for s in stretches_of(told(SHIPS, CAKES), 1500)] == [2]
    assert stretches_of((), 1500) == []


def test_halves_are_cut_where_the_topic_changes_and_short_ones_are_not_halved() -> None:
    first, second = halves(told(*[SHIPS] * 12, *[CAKES] * 10))

    assert (len(first), len(second)) == (12, 10)
    assert halves(told(SHIPS, CAKES)) == []
