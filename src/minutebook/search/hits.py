"""Which passages of a meeting answer a query, and how a hit is shown. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from minutebook.kit.text import folded
from minutebook.search.model import HITS_PER_MEETING, Hit, Passage, Snippet, Term
from minutebook.search.words import WORD, key_of, keys_of, split, stem_of, words_of

_BETWEEN = "\n"
_BEFORE, _LENGTH = 80, 240
"""Characters of a snippet before the first found word, and in all."""


@dataclass
class Matching:
    """A query as it is compared with the words of documents in one language. `read_as` are words that stand in."""

    terms: Sequence[Term]
    language: str
    read_as: Mapping[str, Sequence[str]] = field(default_factory=dict)
    _known: dict[str, frozenset[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._keys = [term.keys for term in self.terms]
        self._stems = [None if term.exact else stem_of(term.words[0], self.language) for term in self.terms]
        stand_ins = {word[0] for words in self.read_as.values() for word in words}
        self._initials = {key[0] for keys in self._keys for key in keys} | stand_ins

    def terms_at(self, word: str) -> frozenset[int]:
        """Which terms this folded word belongs to."""
        found = self._known.get(word)
        if found is None:
            found = self._known[word] = frozenset(n for n in range(len(self.terms)) if self._fits(n, word))
        return found

    def among(self, words: Iterable[str]) -> set[str]:
        """Those of the folded words that belong to any term."""
        # All forms of a word begin with its letter; accents are left to the closer look.
        initials = self._initials
        return {word for word in words if (word[0] in initials or not word[0].isascii()) and self.terms_at(word)}

    def of(self, passage: Passage, words: Sequence[str], wanted: AbstractSet[str]) -> frozenset[int]:
        """The terms that a passage of these words has, those that only name its speaker too; `wanted` are the words
        of the document that belong to any."""
        there = frozenset().union(*(self.terms_at(word) for word in words if word in wanted))
        if passage.speaker:
            there = there.union(*map(self.terms_at, words_of(passage.speaker)))
        return frozenset(place for place in there if self._is_whole(self._keys[place], words))

    def _fits(self, place: int, word: str) -> bool:
        term, key, wanted = self.terms[place], key_of(word), self._keys[place]
        if term.exact:
            return key in wanted
        if key == wanted[0] or key in self.read_as.get(term.words[0], ()):
            return True
        # Stemming takes away endings: what begins otherwise has another stem.
        stem = self._stems[place]
        return key[:1] == wanted[0][:1] and stem is not None and stem == stem_of(word, self.language)

    @staticmethod
    def _is_whole(wanted: Sequence[str], words: Sequence[str]) -> bool:
        if len(wanted) == 1:
            return True
        keys = [key_of(word) for word in words]
        return any(tuple(keys[i : i + len(wanted)]) == wanted for i in range(len(keys) - len(wanted) + 1))


def hits_of(passages: Sequence[Passage], matching: Matching, at_most: int = HITS_PER_MEETING) -> tuple[list[Hit], int]:
    """The passages with as many of the terms as any has, in their order, at most so many; and how many more there are.
    Nothing where a phrase is in no passage."""
    whole = folded(_BETWEEN.join(passage.text.replace(_BETWEEN, " ") for passage in passages))
    wanted = matching.among(set(split(whole)))
    # Most passages hold nothing: only where a matching word stands, be it inside another one, words are told apart.
    near = [
        (passage, split(text))
        for passage, text in zip(passages, whole.split(_BETWEEN), strict=True)
        if any(word in text for word in wanted)
    ]
    fits = [(passage, matching.of(passage, words, wanted)) for passage, words in near if _has(words, wanted)]
    there = frozenset().union(*(terms for _, terms in fits)) if fits else frozenset[int]()
    phrases = {place for place, term in enumerate(matching.terms) if len(term.words) > 1}
    if not phrases <= there:
        return [], 0
    most = max((len(terms) for _, terms in fits), default=0)
    best = [passage for passage, terms in fits if terms and len(terms) == most]
    return [Hit(passage, snippet(passage.text, matching)) for passage in best[:at_most]], max(0, len(best) - at_most)


def _has(words: Sequence[str], wanted: AbstractSet[str]) -> bool:
    return not wanted.isdisjoint(words)


def counted(passages: Sequence[Passage], matching: Matching) -> list[int]:
    """How many of the terms each passage has."""
    said = [words_of(passage.text) for passage in passages]
    wanted = matching.among(set().union(*said))
    return [
        len(matching.of(passage, words, wanted)) if _has(words, wanted) else 0
        for passage, words in zip(passages, said, strict=True)
    ]


def snippet(text: str, matching: Matching) -> tuple[Snippet, ...]:
    """The part of a text around what was found first, cut at blanks, with all that was found marked."""
    spots = [m.span() for m in WORD.finditer(text) if any(map(matching.terms_at, _folded_words(m[0])))]
    first = spots[0][0] if spots else 0
    start = _blank_after(text, first - _BEFORE) if first > _BEFORE else 0
    end = len(text) if len(text) <= start + _LENGTH else _blank_before(text, start + _LENGTH)
    parts = [Snippet("… ", found=False)] if start else []
    reached = start
    for left, right in spots:
        if left >= reached and right <= end:
            parts += [Snippet(text[reached:left], found=False)] if left > reached else []
            parts.append(Snippet(text[left:right], found=True))
            reached = right
    rest = text[reached:end] + (" …" if end < len(text) else "")
    return (*parts, Snippet(rest, found=False)) if rest else tuple(parts)


def _folded_words(word: str) -> list[str]:
    return words_of(word)


def _blank_after(text: str, place: int) -> int:
    blank = text.find(" ", place, place + 30)
    return blank + 1 if blank >= 0 else place


def _blank_before(text: str, place: int) -> int:
    blank = text.rfind(" ", place - 30, place)
    return blank if blank >= 0 else place


def vocabulary_of(passages: Sequence[Passage]) -> frozenset[str]:
    """The words of a document that one may misspell: letters only, of a length that people type."""
    keys = (key for passage in passages for key in keys_of(f"{passage.text} {passage.speaker}"))
    return frozenset(key for key in keys if 3 <= len(key) <= 40 and key.isalpha())
