"""Which words a recogniser is told to expect."""

from dataclasses import replace

import pytest

from minutebook.analysis.edits.hot_words import HOT_WORDS_MAX
from minutebook.analysis.making.expected import NAMES_MAX, expected_words
from minutebook.kit.clock import SystemClock
from minutebook.meetings.model import Attendee, Meeting

NOW = SystemClock().now()
PEOPLE = (Attendee("ada@example.com", "Ada Lovelace"), Attendee("g@example.com", "Grace Hopper"))
MEETING = Meeting("m", "o", "Weekly on Project Halcyon and the new CRM", "", PEOPLE, NOW, NOW)


def test_vocabulary_attendees_corrections_and_title_in_this_order() -> None:
    found = expected_words(MEETING, ["Frobnicator"], ["Kubernetes", "grace hopper"], "en")
    assert found == ("Frobnicator", "Ada Lovelace", "Grace Hopper", "Kubernetes", "Project", "Halcyon")


@pytest.mark.parametrize("title", ["", "weekly sync", "2026-11-30 10.15", "Meeting", "recording_0312.mp4"])
def test_a_title_that_names_nothing_adds_nothing(title: str) -> None:
    assert expected_words(replace(MEETING, title=title, attendees=()), (), (), "en") == ()


def test_there_are_not_too_many() -> None:
    crowd = tuple(Attendee(f"{n}@example.com", f"Person {n}") for n in range(200))
    found = expected_words(replace(MEETING, title="", attendees=crowd), (), [f"word{n}" for n in range(40)], "en")
    assert len(found) == HOT_WORDS_MAX
    assert sum(word.startswith("Person") for word in found) == NAMES_MAX
