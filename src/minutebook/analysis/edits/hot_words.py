"""Words that a user's corrections teach: the recogniser is told to expect them in the next recordings. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from minutebook.analysis.edits.model import WordsChange
from minutebook.language.lexicon import lexicon_of
from minutebook.language.talk.people import bare

HOT_WORDS_MAX: Final = 30
"""A recogniser's prompt is short (Whisper: half of 448 tokens), and each word in it makes it likelier to be heard where
it was not said."""
CHANGES_READ: Final = 500
"""How many of a user's newest corrections are looked at."""
_SHORTEST, _LONGEST = 3, 40


def hot_words(changes: Sequence[WordsChange], language: str) -> tuple[str, ...]:
    """What was put in by these corrections, newest first: the words put in most often, of equally frequent ones the
    newer. Function words teach nothing, nor do words that the machine had written itself."""
    packs = (lexicon_of(language), lexicon_of("en"))
    common = frozenset[str]().union(*(pack.stopwords | pack.negators for pack in packs))
    spellings: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for change in changes:
        for word in _new_words(change):
            key = word.casefold()
            if key not in common:
                spellings.setdefault(key, word)
                counts[key] += 1
    return tuple(spellings[key] for key, _ in counts.most_common(HOT_WORDS_MAX))


def _new_words(change: WordsChange) -> Iterator[str]:
    written = {bare(word).casefold() for word in change.before.split()}
    if change.remember:
        for word in dict.fromkeys(bare(word) for word in change.text.split()):
            told = _SHORTEST <= len(word) <= _LONGEST and any(character.isalpha() for character in word)
            if told and word.casefold() not in written:
                yield word
