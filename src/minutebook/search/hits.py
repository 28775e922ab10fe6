"""Which passages of a meeting answer a query, and how a hit is shown. Pure."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from minutebook.kit.text import folded
from minutebook.search.model import HITS_PER_MEETING, Hit, Part, Passage, Snippet, Term
from minutebook.search.words import WORD, key_of, keys_of, spread, stem_of, unaccented, words_of

_BETWEEN = "\n"
_BEFORE, _LENGTH = 80, 240
"""Characters of a snippet before the first found word, and in all."""

Spot = tuple[int, int]
"""Which term, and where it begins in a text."""


def said_in(passages: Sequence[Passage]) -> str:
    """The passages as one text, a line each, with a blank before every word: it is searched in one go."""
    return spread(folded(_BETWEEN.join(passage.text.replace(_BETWEEN, " ") for passage in passages)))


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
        self._phrases = {
            place: re.compile(" " + " +".join(map(re.escape, keys)) + "(?=[ \n])")
            for place, keys in enumerate(self._keys)
            if len(keys) > 1
        }
        singles = {keys[0] for keys in self._keys if len(keys) == 1}.union(*self.read_as.values())
        # All forms of a word begin with its letter; at accents a closer look is taken.
        initials = "".join(sorted({re.escape(word[0]) for word in singles}))
        self._word = re.compile(f" [{initials}\x80-\U0010ffff][^ \n]*") if singles else None

    def terms_at(self, word: str) -> frozenset[int]:
        """Which terms this folded word belongs to."""
        found = self._known.get(word)
        if found is None:
            found = self._known[word] = frozenset(n for n in range(len(self.terms)) if self._fits(n, word))
        return found

    def phrases_in(self, said: str) -> list[Spot] | None:
        """Where the phrases of the query stand; None where one of them is missing."""
        plain = unaccented(said) if self._phrases else said
        spots = [(place, m.start()) for place, phrase in self._phrases.items() for m in phrase.finditer(plain)]
        return spots if {place for place, _ in spots} == self._phrases.keys() else None

    def words_in(self, said: str) -> Iterator[Spot]:
        """Where the words of the query stand that are in no phrase."""
        for spot in self._word.finditer(said) if self._word else ():
            for place in self.terms_at(spot[0][1:]):
                if place not in self._phrases:
                    yield place, spot.start()

    def is_typed(self, place: int, word: str) -> bool:
        """Whether this folded word is the term as it was typed, not another form of it."""
        return key_of(word.strip()) == self._keys[place][0]

    def of_speaker(self, name: str) -> frozenset[int]:
        """The terms that a name has."""
        named = frozenset[int]().union(*map(self.terms_at, words_of(name)))
        return named - self._phrases.keys()

    def _fits(self, place: int, word: str) -> bool:
        term, key, wanted = self.terms[place], key_of(word), self._keys[place]
        if term.exact:
            return key in wanted
        if key == wanted[0] or key in self.read_as.get(term.words[0], ()):
            return True
        # Stemming takes away endings: what begins otherwise has another stem.
        stem = self._stems[place]
        return key[:1] == wanted[0][:1] and stem is not None and stem == stem_of(word, self.language)


def hits_of(passages: Sequence[Passage], matching: Matching, at_most: int = HITS_PER_MEETING) -> tuple[list[Hit], int]:
    """Of the passages with as many of the terms as any has the best, at most so many, in their order; and how many more
    there are. Nothing where a phrase is in no passage."""
    said = said_in(passages)
    phrases = matching.phrases_in(said)
    if phrases is None:
        return [], 0
    spots = [*phrases, *matching.words_in(said)]
    terms = _by_passage(passages, matching, said, spots)
    most = max(map(len, terms.values()), default=0)
    best = [place for place in sorted(terms) if len(terms[place]) == most]
    shown = sorted(_ranked(best, passages, matching, said, spots)[:at_most]) if len(best) > at_most else best
    hits = [Hit(passages[place], snippet(passages[place].text, matching)) for place in shown]
    return hits, len(best) - len(shown)


def _ranked(
    places: Sequence[int], passages: Sequence[Passage], matching: Matching, said: str, spots: Sequence[Spot]
) -> list[int]:
    """Passages that have the same terms, those first that have them closest to each other, then those that have them
    as they were typed. The title comes last: it stands above the hits anyway."""
    ends = _ends_in(said)
    found: dict[int, list[Spot]] = {place: [] for place in places}
    for term, at in spots:
        place = bisect_right(ends, at)
        if place in found:
            found[place].append((term, at))

    def rank(place: int) -> tuple[bool, int, int, int]:
        words = [(term, said[at + 1 : at + 42].partition(" ")[0]) for term, at in found[place]]
        typed = {term for term, word in words if matching.is_typed(term, word)}
        return passages[place].part is Part.TITLE, _narrowest(found[place]), -len(typed), place

    return sorted(places, key=rank)


def _narrowest(spots: Sequence[Spot]) -> int:
    """Over how many characters the terms of a passage stand, where they stand closest together."""
    wanted, latest, spans = {term for term, _ in spots}, dict[int, int](), list[int]()
    for term, at in sorted(spots, key=lambda spot: spot[1]):
        latest[term] = at
        if len(latest) == len(wanted):
            spans.append(at - min(latest.values()))
    return min(spans, default=0)


def counted(passages: Sequence[Passage], matching: Matching) -> list[int]:
    """How many of the terms each passage has."""
    said = said_in(passages)
    terms = _by_passage(passages, matching, said, [*(matching.phrases_in(said) or ()), *matching.words_in(said)])
    return [len(terms.get(place, ())) for place in range(len(passages))]


def _by_passage(
    passages: Sequence[Passage], matching: Matching, said: str, spots: Sequence[Spot]
) -> dict[int, set[int]]:
    """The terms of each passage that has any, those that only name its speaker too."""
    ends = _ends_in(said)
    found: dict[int, set[int]] = {}
    for place, at in spots:
        found.setdefault(bisect_right(ends, at), set()).add(place)
    for number, terms in found.items():
        if passages[number].speaker:
            terms.update(matching.of_speaker(passages[number].speaker))
    return found


def _ends_in(said: str) -> list[int]:
    return [m.start() for m in re.finditer(_BETWEEN, said)]


def snippet(text: str, matching: Matching) -> tuple[Snippet, ...]:
    """The part of a text around what was found first, cut at blanks, with all that was found marked."""
    spots = [m.span() for m in WORD.finditer(text) if any(map(matching.terms_at, words_of(m[0])))]
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
