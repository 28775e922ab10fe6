"""Words as a search compares them. Pure.

A word is a run of letters and digits, folded (NFKC, casefolded) and without accents, so that `cafe` finds `café`.
Scripts that are written without blanks have no words to split at: there each character is one, and what is searched
is a phrase of them. Other forms of a word are told by its stem, as the Snowball algorithms find it
(https://snowballstem.org); a language without one is searched by its words alone.
"""

import re
import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any, Final

from minutebook.kit.text import folded

STEMMED: Final = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "id": "indonesian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
"""Languages (ISO 639-1) whose words are stemmed, and by which algorithm."""

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Thai, Lao, Burmese, Khmer, Kana and Han."""
WORD: Final = re.compile(f"[{_UNSPACED}]|[^\\W_{_UNSPACED}]+")
_BLANKS = "".join(chr(code) if chr(code).isalnum() else " " for code in range(128))
"""What `WORD` does to ASCII, many times faster."""
_BLANKS_IN_LINES = {code: blank for code, blank in enumerate(_BLANKS) if chr(code) not in f"\n{blank}"}
_UNSPACED_ONE = re.compile(f"[{_UNSPACED}]")
_NO_WORD = re.compile(f"(?:[^\\w\n{_UNSPACED}]|_)+")
_ACCENTS = re.compile("[\u0300-\u036f]+")
RUNS_BYTES_MAX: Final = 700_000
"""Postgres keeps at most a megabyte of terms of one document; what a day of talk has beyond this is looked for in the
text itself."""
RUNS_CUT: Final = "~"
"""The term of a document that has more runs of words than are kept."""
_RUN_BYTES: Final = 7
_SHORT: Final = 4
"""Letters of the words that are in nearly every meeting."""


@lru_cache(200_000)
def key_of(word: str) -> str:
    """How a folded word is compared: without its accents."""
    return unaccented(word)


def unaccented(text: str) -> str:
    """A folded text without accents."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", text)))


def words_of(text: str) -> list[str]:
    """The folded words of a text, accents kept."""
    return split(folded(text))


def split(text: str) -> list[str]:
    """The words of a folded text."""
    return text.translate(_BLANKS).split() if text.isascii() else WORD.findall(text)


def spread(text: str) -> str:
    """The words of a folded text, a blank before and a blank or a line's end behind each; lines stay."""
    text = f" {text}\n".replace("\n", "\n ")[:-1]
    if text.isascii():
        return text.translate(_BLANKS_IN_LINES)
    if _UNSPACED_ONE.search(text):
        return _UNSPACED_ONE.sub(" \\g<0> ", _NO_WORD.sub(" ", text))
    return _NO_WORD.sub(" ", text)


def keys_of(text: str) -> list[str]:
    """The words of a text as they are compared."""
    return [key_of(word) for word in words_of(text)]


@cache
def _stemmer(language: str) -> Any:
    import Stemmer

    return Stemmer.Stemmer(STEMMED[language])


@lru_cache(100_000)
def stem_of(word: str, language: str) -> str | None:
    """The stem of a folded word under which its other forms are found too; None where the language has no stemmer."""
    return f"{language}:{key_of(_stemmer(language).stemWord(word))}" if language in STEMMED else None


def runs_of(keys: Sequence[str]) -> list[str]:
    """The terms of words that follow each other: of two each, and of three short ones, since two of these ("of the")
    are in nearly every meeting. Checksums: what they find is checked against the text. Of so few bits that meetings
    share them, which keeps the index small; one of a hundred meetings has a given one by chance."""
    pairs = [f"{RUNS_CUT}{_checksum(f'{a} {b}')}" for a, b in pairwise(keys)]
    threes = zip(keys, keys[1:], keys[2:], strict=False)
    short = [f"{RUNS_CUT}{RUNS_CUT}{_checksum(' '.join(each))}" for each in threes if max(map(len, each)) <= _SHORT]
    return [*pairs, *short]


def _checksum(words: str) -> str:
    return f"{zlib.crc32(words.encode()) & 0xFFFFF:05x}"


def terms_of(texts: Iterable[str], language: str) -> list[str]:
    """Everything by which a document is found: its words, their stems, its runs of words; each once."""
    terms: dict[str, None] = {}
    runs: dict[str, None] = {}
    for text in texts:
        words = words_of(text)
        keys = [key_of(word) for word in words]
        terms.update(dict.fromkeys(keys))
        stems = (stem_of(word, language) for word in dict.fromkeys(words))
        terms.update(dict.fromkeys(stem for stem in stems if stem is not None))
        runs.update(dict.fromkeys(runs_of(keys)))
    kept = RUNS_BYTES_MAX // _RUN_BYTES
    cut = [RUNS_CUT] if len(runs) > kept else []
    return [*terms, *list(runs)[:kept], *cut]


def near(word: str, vocabulary: Sequence[str], at_most: int) -> list[str]:
    """Words of the vocabulary that `word` is a slip of (two slips, where it has eight letters or more), endings aside,
    the nearest first: a letter too many, missing, wrong, or two in each other's place (optimal string alignment,
    Damerau 1964)."""
    # Only what somebody mistyped needs it.
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    slips = slips_of(word)
    if not slips:
        return []
    found: dict[int, int] = {}
    for texts in (vocabulary, [each[: len(word)] for each in vocabulary]):
        for _, far, place in process.extract(word, texts, scorer=OSA.distance, score_cutoff=slips, limit=None):
            found[place] = min(int(far), found.get(place, slips))
    return [vocabulary[place] for _, place in sorted((far, place) for place, far in found.items())][:at_most]


def slips_of(word: str) -> int:
    """How many slips are forgiven."""
    return 0 if len(word) < _TYPOS_FROM else 2 if len(word) >= _TWO_TYPOS_FROM else 1


PREFIX_FROM: Final = 3
"""From this length on a word that nobody said is read as those that begin with it."""
ENDING: Final = 2
"""Letters that a word may have beyond the mistyped one."""
_TYPOS_FROM, _TWO_TYPOS_FROM = 4, 8
