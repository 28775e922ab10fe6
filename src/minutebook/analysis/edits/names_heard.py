"""Names of attendees that the recogniser wrote otherwise, as the machine's corrections: "Dayna" where Dana was there.

A recogniser that knows a name from nothing but its sound writes it in the spelling it has seen most. Pure.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from jellyfish import jaro_winkler_similarity, metaphone

from minutebook.analysis.edits.model import WordsChange
from minutebook.language.lexicon import lexicon_of
from minutebook.language.talk.people import bare
from minutebook.transcript.model import Transcript, Word

DOUBTFUL: Final = 0.85
"""A word of at least this probability is taken as it is written."""
LIKENESS: Final = 0.75
"""Least Jaro-Winkler similarity of the two spellings (1: the same); "Dayna" and "Dana" have 0.95, "Done" and
"Dana" 0.67."""
SHORTEST: Final = 4
"""Shorter names sound like too much else."""


def name_corrections(transcript: Transcript, names: Collection[str]) -> list[WordsChange]:
    """The words of a transcript that are to read as a part of one of these full names."""
    parts = {part.casefold(): part for name in names for part in name.split() if len(part) >= SHORTEST}
    known = {part.casefold() for name in names for part in name.split()}
    pack = lexicon_of(transcript.language)
    common = pack.stopwords | pack.negators | known
    found = []
    for place, segment in enumerate(transcript.segments):
        for position, word, meant in _misspelt(segment.words, parts, common):
            text = word.word.replace(bare(word.word), meant, 1)
            found.append(WordsChange(place, position, position, text, word.word, remember=False, machine=True))
    return found


def _misspelt(words: Sequence[Word], parts: dict[str, str], common: Collection[str]) -> Iterator[tuple[int, Word, str]]:
    for position, word in enumerate(words):
        written = bare(word.word)
        doubtful = word.probability < DOUBTFUL and len(written) >= SHORTEST and written[0].isupper()
        if doubtful and written.casefold() not in common and (meant := _meant(written.casefold(), parts)):
            yield position, word, meant


def _meant(written: str, parts: dict[str, str]) -> str | None:
    """The only name that sounds like this word and is spelt nearly so."""
    alike = [
        part
        for key, part in parts.items()
        if metaphone(key) == metaphone(written) and jaro_winkler_similarity(key, written) >= LIKENESS
    ]
    return alike[0] if len(alike) == 1 else None
