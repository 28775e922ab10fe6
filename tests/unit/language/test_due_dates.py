"""Due expressions: found as said, worked out from the meeting's date (Monday 2 March 2026)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.language.lexicon import lexicon_of

HELD_ON = date(2026, 3, 2)
ENGLISH = lexicon_of("en")
DATES = ENGLISH.dates


@pytest.mark.parametrize(
    ("clause", "said", "on"),
    [
        ("i will do it by thursday", "thursday", date(2026, 3, 5)),
        ("i will send it tomorrow", "tomorrow", date(2026, 3, 3)),
        ("send it by wednesday noon", "wednesday noon", date(2026, 3, 4)),
        ("i will review it on friday morning", "friday morning", date(2026, 3, 6)),
        ("done by the end of next week", "end of next week", date(2026, 3, 13)),
        ("done by the end of the week", "end of the week", date(2026, 3, 6)),
        ("by the end of the month please", "end of the month", date(2026, 3, 31)),
        ("you have it in ten minutes", "in ten minutes", HELD_ON),
        ("we meet in two weeks", "in two weeks", date(2026, 3, 16)),
        ("right after this meeting", "right after this meeting", HELD_ON),
        ("this afternoon i call her", "this afternoon", HELD_ON),
        ("the day after tomorrow", "the day after tomorrow", date(2026, 3, 4)),
        ("next tuesday at the latest", "next tuesday at the latest", date(2026, 3, 10)),
        ("saturday week suits him", "saturday week", date(2026, 3, 14)),
        ("on monday week", "monday week", date(2026, 3, 16)),
        ("on tuesday next week", "tuesday next week", date(2026, 3, 10)),
        ("on monday the ninth of march", "monday the ninth of march", date(2026, 3, 9)),
        ("on monday the tenth of march", "monday the tenth of march", None),
        ("by the fifteenth of january", "the fifteenth of january", date(2027, 1, 15)),
        ("by april 3rd", "april 3rd", date(2026, 4, 3)),
        ("i ask them before i call", "before i call", None),
        ("by next week", "next week", None),
        ("first thing tomorrow morning", "first thing tomorrow morning", date(2026, 3, 3)),
        ("within 3 days", "within 3 days", date(2026, 3, 5)),
        ("as soon as possible", "as soon as possible", None),
        ("i do it thursday , not friday", "thursday", date(2026, 3, 5)),
        ("by the sixteenth , that is a monday", "the sixteenth", date(2026, 3, 16)),
        ("i can look at it tuesday or wednesday", "tuesday or wednesday", date(2026, 3, 3)),
        ("what i showed on monday , i send by friday", "friday", date(2026, 3, 6)),
        ("in the second week of may", "in the second week of may", None),
        ("by half two", "half two", None),
    ],
)
def test_found_and_worked_out(clause: str, said: str, on: date | None) -> None:
    match = DATES.find_due(clause)

    assert match is not None
    assert DATES.said_of(match.text) == said
    assert DATES.resolve(said, HELD_ON) == on


@pytest.mark.parametrize(
    "clause",
    [
        "a check that warns thirty days before a certificate expires",
        "we may second that",
        "the march was long",
        "i will do it",
        "five restarts per minute",
    ],
)
def test_what_is_no_due_date(clause: str) -> None:
    assert DATES.find_due(clause) is None


def test_without_a_meeting_date_there_is_no_calendar_date() -> None:
    assert DATES.resolve("Thursday", None) is None


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.sampled_from(DATES.weekdays))
def test_a_weekday_is_the_first_such_day_after_the_meeting(held_on: date, weekday: str) -> None:
    found = DATES.resolve(weekday, held_on)

    assert found is not None
    assert timedelta(0) < found - held_on <= timedelta(7)
    assert DATES.weekdays[found.weekday()] == weekday


@given(st.text(max_size=60), st.dates())
def test_no_text_breaks_it(text: str, held_on: date) -> None:
    DATES.find_due(" ".join(ENGLISH.words.normal_words(text)))
    DATES.resolve(text, held_on if held_on < date(9990, 1, 1) else None)
