"""Attendees' names that the recogniser spelt otherwise."""

from collections.abc import Sequence

import pytest

from minutebook.analysis.edits.model import Edit, WordsChange, corrected
from minutebook.analysis.edits.names_heard import name_corrections
from minutebook.kit.clock import SystemClock
from minutebook.transcript.model import Segment, Speaker, Transcript, Word

NAMES = ("Dana Weiss", "Keiko Tanaka", "Tom Berg", "Steven Nair")


def transcript(text: str, probability: float = 0.5) -> Transcript:
    words = tuple(Word(word, n, n + 0.5, probability) for n, word in enumerate(text.split()))
    return Transcript("en", 60.0, (Speaker("A", "Speaker 1", 10.0),), (Segment("A", 0.0, 9.0, text, words),))


def reads(text: str, names: Sequence[str] = NAMES, probability: float = 0.5) -> str:
    heard = transcript(text, probability)
    changes = name_corrections(heard, names)
    edits = [Edit(str(n), "r", "r", "o", change, SystemClock().now()) for n, change in enumerate(changes)]
    return corrected(heard, edits).segments[0].text


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("I will ask Dayna.", "I will ask Dana."),
        ("Kayko, can you?", "Keiko, can you?"),
        ("That is Dayna's part.", "That is Dana's part."),
        ("Mr. Niar said so", "Mr. Nair said so"),
        ("Stephen knows.", "Steven knows."),
    ],
)
def test_a_doubtful_word_that_sounds_like_an_attendee_reads_so(heard: str, meant: str) -> None:
    assert reads(heard) == meant


@pytest.mark.parametrize(
    "heard",
    ["Done with it.", "It went down in dayna.", "Time is short, Tim.", "The Dana file", "Then Burke came"],
    ids=["another_word", "no_name", "short_names", "right_already", "spelt_too_differently"],
)
def test_other_words_stay(heard: str) -> None:
    assert reads(heard) == heard


def test_what_was_heard_for_sure_stays() -> None:
    assert reads("I will ask Dayna.", probability=0.95) == "I will ask Dayna."


def test_two_attendees_that_sound_alike_are_not_guessed_at() -> None:
    assert reads("I will ask Katheryn.", ("Katharine Ng", "Catherine Wu")) == "I will ask Katheryn."


def test_they_are_the_machines_and_teach_nothing() -> None:
    (change,) = name_corrections(transcript("Ask Dayna."), NAMES)
    assert change == WordsChange(0, 1, 1, "Dana.", "Dayna.", remember=False, machine=True)
