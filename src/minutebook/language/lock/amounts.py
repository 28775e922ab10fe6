"""Numbers, dates and names of a line: they were said, of the same thing, and not only to be denied."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from minutebook.language.lexicon import Lexicon
from minutebook.language.lock.claims import claim_parts, claims
from minutebook.language.lock.likeness import with_readings
from minutebook.language.model import Evidence, Item
from minutebook.language.text.words import Number

_NEAR = 4
"""Words around a number, name or date within which its neighbour has to stand in the evidence as in the item."""
_DENIED_WITHIN = 3
"""Words before a number or name among which a negation denies just it: "not on the eighteenth"."""
_PART = re.compile(r"[,;:.?!…]+\s+")
NOON = 12.0
_QUARTER = re.compile(r"q(\d)")


@dataclass(frozen=True)
class _Place:
    """Where something was said: the words of a quote, and the half-open range of it among them."""

    words: Sequence[str]
    first: int
    last: int


class Amounts:
    """Checks what lines and their quotes count, date and name, in one language."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._words = lexicon.words

    def uncited(self, item: Item) -> str | None:
        """A number that is not cited, nor made of cited ones; None where there is none."""
        quotes = [self._words.normal_words(e.quote) for e in item.evidence]
        for text in map(self._words.normal_words, claim_parts(item)):
            for number in self._counted(text):
                if not self._places(number, quotes) and not self._adds_up(number.value, quotes):
                    return f"The number {number.value:g} is not in the cited words."
        return None

    def _counted(self, text: Sequence[str]) -> Iterator[Number]:
        """The numbers of a text, without "one", which is a pronoun as well."""
        numbers = self._words.numbers_in(text)
        yield from (n for n in numbers if n.value != 1 or any(c.isdigit() for c in text[n.first]))

    def _places(self, number: Number, quotes: Sequence[Sequence[str]]) -> list[_Place]:
        return [p for q in quotes for n, p in self._numbers(q) if n == number.value]

    def reason_against(self, item: Item) -> str | None:
        """A number, date or name that is cited of something else or is denied; None where there is none."""
        quotes = [self._words.normal_words(e.quote) for e in item.evidence]
        parts = (self._misplaced(part, quotes) for part in claim_parts(item))
        return next((reason for reason in parts if reason is not None), None) or self._only_denied(item)

    def _misplaced(self, claim: str, quotes: Sequence[Sequence[str]]) -> str | None:
        text = self._words.normal_words(claim)
        for number in self._counted(text):
            places = self._places(number, quotes)
            if places and not any(self._same_company(text, number.first, number.last, p) for p in places):
                return f"The number {number.value:g} is said of something else."
            if places and self._other_has_it(text, number, places, quotes):
                return f"The number {number.value:g} is said of something else."
        written = (part for part in claim.split()[1:] if part[:1].isupper())
        named = not self._lexicon.nouns_have_capitals
        stop = self._lexicon.stopwords
        capitals = {w for part in written if named for w in self._words.normal_words(part) if w not in stop}
        for at, word in enumerate(text):
            if word in self._lexicon.date_words or word in capitals:
                places = [_Place(q, i, i + 1) for q in quotes for i, w in enumerate(q) if w == word]
                if places and not any(self._same_company(text, at, at + 1, p) for p in places):
                    return f"“{word}” is said of something else."
        return None

    def _numbers(self, words: Sequence[str]) -> Iterator[tuple[float, _Place]]:
        """The numbers of a quote and what they may say otherwise: "four fifty", "one pound ten", "Q1"."""
        numbers = self._words.numbers_in(words)
        for n in with_readings(numbers):
            yield n.value, _Place(words, n.first, n.last)
        for one, two in pairwise(numbers):
            if two.first - one.last == 1 and two.value < 100:
                yield round(one.value + two.value / 100, 2), _Place(words, one.first, two.last)
        for at, word in enumerate(words):
            if word in self._lexicon.lists["noons"]:
                yield NOON, _Place(words, at, at + 1)
            if (quarter := _QUARTER.fullmatch(word)) is not None:
                yield float(quarter[1]), _Place(words, at, at + 1)

    def _adds_up(self, value: float, quotes: Sequence[Sequence[str]]) -> bool:
        """Whether a number is the sum or the difference of two that one quote compares: "a thousand more than"."""
        compared = (q for q in quotes if self._lexicon.matches("adds_up", " ".join(q)))
        pairs = (pair for q in compared for pair in combinations({n for n, _ in self._numbers(q)}, 2))
        return any(value in (one + two, abs(one - two)) for one, two in pairs)

    def _other_has_it(
        self, text: Sequence[str], number: Number, places: Sequence[_Place], quotes: Sequence[Sequence[str]]
    ) -> bool:
        """Whether the word that follows a number in the line follows only other numbers in the quotes."""
        unit = text[number.last] if number.last < len(text) else ""
        if not unit or unit in self._lexicon.stopwords:
            return False
        others = [n.value for q in quotes for n in self._words.numbers_in(q) if q[n.last : n.last + 1] == [unit]]
        line = {n.value for n in self._words.numbers_in(text)}
        if line & set(others):
            return False
        own = any(unit in p.words[p.last : p.last + 2] for p in places)
        followed = any(w not in self._lexicon.stopwords for p in places for w in p.words[p.last : p.last + 1])
        return bool(others) and not own and not followed

    def _same_company(self, text: Sequence[str], first: int, last: int, place: _Place) -> bool:
        """Whether the content words next to a number or name in the item also stand near it in the quote."""
        stop = self._lexicon.stopwords
        before = [w for w in text[max(0, first - _NEAR) : first] if w not in stop][-1:]
        after = [w for w in text[last : last + _NEAR] if w not in stop][:1]
        around = place.words[max(0, place.first - 2 * _NEAR) : place.last + 2 * _NEAR]
        company = self._stems((*before, *after)) & self._stems(place.words)
        return not company or bool(company & self._stems(around))

    def _only_denied(self, item: Item) -> str | None:
        """A number or name that was said only in what is denied ("not on the eighteenth"), where the line denies
        nothing and says nothing of what was said instead."""
        line = self._words.normal_words(claims(item))
        if self._lexicon.negators & set(line):
            return None
        told = [part for e in item.evidence for part in self._parts(e)]
        said = set(line) | {f"{n.value:g}" for n in self._words.numbers_in(line)}
        meant = {w for words, denied in told for w in words if w not in denied}
        names = {w.casefold() for e in item.evidence for w in re.findall(r"\w+", e.quote) if w[:1].isupper()}
        names -= self._lexicon.stopwords | self._lexicon.lists["titles"]
        numbers = {f"{n.value:g}" for words, _ in told for n in self._words.numbers_in(words)}
        kinds = (numbers,) if self._lexicon.nouns_have_capitals else (numbers, names)
        for words, denied in told:
            for kind in kinds:
                wrong = sorted(kind & denied & said - meant)
                if wrong and not said & kind & meant - set(words):
                    return f"“{wrong[0]}” is denied in the cited words."
        return None

    def _parts(self, evidence: Evidence) -> Iterator[tuple[list[str], set[str]]]:
        """The parts of a quote between its commas, each with what a negation right before it denies of it; numbers
        stand there as values, too."""
        for part in _PART.split(evidence.quote):
            words = self._words.normal_words(part)
            at = next((i for i, w in enumerate(words) if w in self._lexicon.negators), None)
            values = [(n.first, f"{n.value:g}") for n in self._words.numbers_in(words)]
            placed = [*enumerate(words), *values]
            contrast = at is not None and len(words) - at <= _DENIED_WITHIN + 2 and at <= 1
            denied = {w for i, w in placed if contrast and at is not None and at < i <= at + _DENIED_WITHIN}
            yield [w for _, w in placed], denied

    def _stems(self, words: Sequence[str]) -> set[str]:
        return {self._words.stem(w) for w in words if w not in self._lexicon.stopwords}
