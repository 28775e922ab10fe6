"""Expected words are heard where something like them was heard in doubt, and nowhere else."""

from collections.abc import Sequence

import pytest

from minutebook.speech.expectation import improved, suspected
from minutebook.speech.ports import Recognised
from minutebook.transcript.model import Turn, Word

TURN = Turn("A", 0, 60)
EXPECTED = ("Priya Nair", "Kubernetes", "Halcyon")


def words(text: str, probability: float = 0.4) -> tuple[Word, ...]:
    return tuple(Word(word, n, n + 0.9, probability) for n, word in enumerate(text.split()))


def better(first: str, again: str, probability: float = 0.4, expected: Sequence[str] = EXPECTED) -> str:
    found = improved(Recognised(TURN, words(first, probability)), Recognised(TURN, words(again)), expected)
    return " ".join(word.word for word in found.words)


def test_what_sounds_like_one_of_them_is_suspected() -> None:
    assert suspected(words("we ask Pria near about it"), EXPECTED) == ["Priya Nair"]
    assert suspected(words("the Cuber netties cluster"), EXPECTED) == ["Kubernetes"]
    assert suspected(words("it is raining in the house"), EXPECTED) == []


def test_what_was_heard_for_sure_or_right_is_not() -> None:
    assert suspected(words("we ask Pria about it", 0.9), EXPECTED) == []
    assert suspected(words("we ask Priya Nair about it"), EXPECTED) == []


def test_only_the_expected_word_is_taken_from_the_second_hearing() -> None:
    assert better("we ask Pria about eight", "He asks Priya about it") == "we ask Priya about eight"
    assert better("the Cuber netties cluster", "the Kubernetes cluster") == "the Kubernetes cluster"


@pytest.mark.parametrize(
    ("first", "again"),
    [("we ask again", "we ask Priya"), ("we ask", "we ask Priya Nair"), ("it is so", "Halcyon Priya Nair is")],
    ids=["unlike", "from_nothing", "more_words"],
)
def test_a_name_out_of_nothing_is_not_taken(first: str, again: str) -> None:
    assert better(first, again) == first


def test_what_was_sure_is_kept() -> None:
    assert better("we ask Pria", "we ask Priya", probability=0.95) == "we ask Pria"
