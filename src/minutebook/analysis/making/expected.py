"""Words that a recogniser is told to expect in a recording. Pure."""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from minutebook.analysis.edits.hot_words import HOT_WORDS_MAX
from minutebook.language.lexicon import lexicon_of
from minutebook.language.talk.people import bare
from minutebook.meetings.model import Meeting

NAMES_MAX: Final = 15
"""More attendees than this are a list, not people who are named in the talk."""
_SHORTEST_TITLE_WORD: Final = 4


def expected_words(
    meeting: Meeting, vocabulary: Sequence[str], taught: Sequence[str], language: str
) -> tuple[str, ...]:
    """At most `HOT_WORDS_MAX` words: what the account's vocabulary says, the attendees' names, what corrections taught,
    what the title tells of the subject; none twice."""
    found: dict[str, str] = {}
    names = [attendee.display_name.strip() for attendee in meeting.attendees[:NAMES_MAX]]
    for word in (*vocabulary, *names, *taught, *_subject(meeting.title, language)):
        if word:
            found.setdefault(word.casefold(), word)
    return tuple(found.values())[:HOT_WORDS_MAX]


def _subject(title: str, language: str) -> Iterator[str]:
    """The words of a title that are no everyday ones: capitalised within it, or written with a figure or a capital."""
    common = _common(language)
    for position, written in enumerate(title.split()):
        word = bare(written)
        special = any(c.isupper() or c.isdigit() for c in word[1:]) or (position > 0 and word[:1].isupper())
        if special and len(word) >= _SHORTEST_TITLE_WORD and word.casefold() not in common and word[-4:].isalpha():
            yield word


def _common(language: str) -> Collection[str]:
    packs = (lexicon_of(language), lexicon_of("en"))
    return frozenset[str]().union(*(pack.stopwords | pack.negators for pack in packs))
