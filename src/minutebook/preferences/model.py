"""Wishes of a user, and their rules. Pure."""

from dataclasses import dataclass
from typing import Final

from minutebook.errors import invalid
from minutebook.kit.text import clean_line, clean_text

WORDS_MAX: Final = 200
"""Words to recognise; a recogniser is told the first of them that fit its prompt."""
WORD_MAX: Final = 60
DAYS_MAX: Final = 36_500


@dataclass(frozen=True, slots=True)
class Preferences:
    """`vocabulary` are names and words that a recogniser is to expect, the most important first. `sound_days` after a
    recording came its sound is removed, `meeting_days` after a meeting was made all of it; None keeps them.
    `remember_voices`: people who agree are known again by their voice."""

    vocabulary: tuple[str, ...] = ()
    sound_days: int | None = None
    meeting_days: int | None = None
    remember_voices: bool = False


def checked_vocabulary(text: str) -> tuple[str, ...]:
    """One word or name a line, each once; `words_too_many`, and the codes of text."""
    lines = clean_text(text, "vocabulary", at_most=WORDS_MAX * (WORD_MAX + 1)).splitlines()
    words = [clean_line(line, "vocabulary", at_most=WORD_MAX) for line in lines]
    found = tuple(dict.fromkeys(word for word in words if word))
    if len(found) > WORDS_MAX:
        raise invalid("words_too_many", f"At most {WORDS_MAX} words are kept.", "vocabulary")
    return found


def checked_days(text: str, field: str) -> int | None:
    """A number of days, None for none; `days_invalid`."""
    text = text.strip()
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 6 or not 1 <= int(text) <= DAYS_MAX:
        raise invalid("days_invalid", f"Write a number of days from 1 to {DAYS_MAX}, or nothing.", field)
    return int(text)
