"""Words as running text: where a blank stands between two, and how wide text is."""

import unicodedata
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from minutebook.transcript.model import Segment

UNSPACED_LANGUAGES: Final = frozenset({"zh", "ja", "th", "lo", "my", "yue"})
"""Languages written without blanks between words."""

_UNSPACED: Final = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x2E80, 0x312F), (0x31A0, 0x31FF), (0x3400, 0x9FFF), (0xA9E0, 0xA9FF),
    (0xAA60, 0xAA7F), (0xF900, 0xFAFF), (0xFF00, 0xFFEF), (0x1B000, 0x1B16F), (0x20000, 0x3FFFF),
)  # fmt: skip
"""Blocks of scripts that are written so, with their marks (Unicode 15): Thai and Lao, Myanmar with its extensions,
Han, kana and bopomofo, full-width forms."""


def joined(words: Iterable[str], language: str = "") -> str:
    """Words as running text. No blank stands between two characters of an unspaced script and, in a language written
    without blanks, beside any such character; it does between two Latin words in every language."""
    listed = [word for word in words if word]
    if not listed:
        return ""
    either = language in UNSPACED_LANGUAGES
    parts = [listed[0]]
    for before, after in pairwise(listed):
        unspaced = is_unspaced(before[-1]), is_unspaced(after[0])
        parts += ([] if (any(unspaced) if either else all(unspaced)) else [" "]) + [after]
    return "".join(parts)


def as_written(text: str, language: str = "") -> str:
    """Words that were put in a row with a blank between any two, as the language writes them."""
    return text if text.isascii() else joined(text.split(), language)


def running_text(segment: Segment, language: str) -> str:
    """What a segment says; in a language written without blanks its words joined anew, if its text is made of them:
    what was stored earlier lacks the blanks between Latin words."""
    if language not in UNSPACED_LANGUAGES:
        return segment.text
    again = joined((word.word for word in segment.words), language)
    return again if "".join(again.split()) == "".join(segment.text.split()) else segment.text


def is_unspaced(character: str) -> bool:
    """Whether a character belongs to a script that is written without blanks."""
    point = ord(character)
    return point >= _UNSPACED[0][0] and any(first <= point <= last for first, last in _UNSPACED)


def columns(text: str) -> int:
    """How many columns text takes: two for a wide character (UAX #11), none for one that joins the one before."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
