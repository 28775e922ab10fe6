"""Whether a line is about what the cited words are about, in whatever words.

People write notes in their own words, so that a word that nobody said is no fault by itself. Names, times and words
that say which way something goes have to be said. The rest is weighed: how much of the line is carried by cited words,
how alike they are, and whether a word of the line stands where somebody said another ("five scanners" for "five
printers"). A logistic model has learnt the weights (`python -m bench.wording --train`); it is kept in `wording.toml`.
"""

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise, takewhile

from minutebook.language.lexicon import Lexicon, synonyms
from minutebook.language.lock.amounts import NOON
from minutebook.language.lock.claims import claim_parts, claims
from minutebook.language.lock.likeness import is_carried, is_compound, is_time, plain
from minutebook.language.model import Item, ItemKind
from minutebook.language.talk.people import bare
from minutebook.language.text.embedding import similarity
from minutebook.transcript.model import Transcript

_LEAST_ALIKE = 0.1
"""How like its quotes a line has to be that consists of words which were said."""
_MOST = 4
"""Words from which more of them say nothing new."""
_QUOTING = 0.8
"""Share of a line's words, in their order, that stand in one quote from which the line quotes it."""
_LONGEST = 6
"""Words in a row, the same in line and talk, from which more say nothing new."""
_PIECE = 3
"""Letters of the pieces by which words are alike."""


@dataclass(frozen=True)
class Weighing:
    """A logistic model: the weight of each feature, and the likelihood from which a line is carried."""

    weights: Mapping[str, float]
    least: float

    def likelihood(self, features: Mapping[str, float]) -> float:
        """That cited words carry a line with these features, 0 to 1."""
        score = sum(self.weights.get(name, 0.0) * value for name, value in features.items())
        return 1 / (1 + math.exp(-score))


@lru_cache(maxsize=1)
def shipped() -> Weighing:
    """The model in the package."""
    data = tomllib.loads(files(__package__).joinpath("wording.toml").read_text(encoding="utf-8"))
    return Weighing(data["weights"], data["least"])


class Wording:
    """Compares the words of lines with those cited for them, in one transcript."""

    def __init__(self, lexicon: Lexicon, transcript: Transcript) -> None:
        self._lexicon = lexicon
        self._words = lexicon.words
        self._transcript = transcript
        self._synonyms = synonyms(lexicon.language)

    def uncited(self, item: Item) -> str | None:
        """A name or a time that nobody said, as a sentence; None where there is none. A word that opens a line may have
        its capital from that."""
        opens = {w for part in claim_parts(item) for w in self._words.normal_words(part.split()[0])}
        named = {w for w in self._names_in(item) if len(w) > 1} - (opens - self._date_words(item))
        wrong = [w for w in self._untold(item)[0] if w in named | self._date_words(item)]
        return f"“{wrong[0]}” is not in the cited words." if wrong else None

    def reason_against(self, item: Item) -> str | None:
        """What the line says that was not said, as a sentence; None where the cited words carry it."""
        strict, free = self._untold(item)
        if strict:
            return f"“{strict[0]}” is not in the cited words."
        if not free:
            like = self._likeness(item) >= _LEAST_ALIKE
            return None if like else "The item is about something else than the cited words."
        model = shipped()
        if model.likelihood(self.features(item)) >= model.least:
            return None
        return f"“{free[0]}” is not in the cited words, nor is enough of what stands around it."

    def quotes(self, item: Item) -> bool:
        """Whether a line says what was said in much the same words: most of them stand in one quote, in its order,
        whatever of it is denied, or all of them were said."""
        said = [self._undenied(e.quote) for e in item.evidence]
        return all(_is_quoted(self._undenied(part), said) for part in re.split(r"[()]", item.text) if part.strip())

    def said(self, item: Item) -> float:
        """The share of a line's words that were said, in some form."""
        strict, free = self._untold(item)
        claimed = set(map(plain, self.content_words(claims(item))))
        return 1 - (len(strict) + len(free)) / max(1, len(claimed))

    def _undenied(self, text: str) -> list[str]:
        return [w for w in self._words.normal_words(text) if w not in self._lexicon.negators]

    def decides(self, item: Item) -> bool:
        """Whether a line is left to the model: it has words of its own, none of which have to be said."""
        strict, free = self._untold(item)
        return bool(free) and not strict

    def tells_otherwise(self, item: Item) -> bool:
        """Whether a line has a word that nobody said and that tells more than that something is or is done."""
        return bool(set(self._untold(item)[1]) - self._lexicon.lists["own_words"])

    def features(self, item: Item) -> dict[str, float]:
        """What the model weighs; each between 0 and about 1."""
        strict, free = self._untold(item)
        claimed = list(dict.fromkeys(map(plain, self.content_words(claims(item)))))
        own = [w for w in free if w in self._lexicon.lists["own_words"]]
        other = [w for w in free if w not in own]
        carried = len(claimed) - len(strict) - len(free)
        near = max((self._nearest(w, item) for w in other), default=0.0)
        whole, part, row = self._replaced(item, other)
        return {
            "always": 1.0,
            "untold": min(len(other), _MOST) / _MOST,
            "untold_share": len(other) / max(1, len(claimed)),
            "own_share": len(own) / max(1, len(claimed)),
            "carried": min(carried, _MOST) / _MOST,
            "none_carried": float(carried == 0),
            "alike": self._likeness(item),
            "nearest": near,
            "replaces": min(whole, 2) / 2,
            "beside": min(part, 2) / 2,
            "row": min(row, _LONGEST) / _LONGEST,
            "noun": float(any(w in self._nouns(item) for w in other)),
            "task": float(item.kind is ItemKind.ACTION),
            "decision": float(item.kind is ItemKind.DECISION),
        }

    def _likeness(self, item: Item) -> float:
        quotes = " ".join(e.quote for e in item.evidence)
        return max(similarity(item.text, q) for q in (quotes, *(e.quote for e in item.evidence)))

    def content_words(self, text: str) -> list[str]:
        """The words of a text that say something."""
        words = self._words.normal_words(text)
        spelling = self._words.number_words(words)
        ignored = self._lexicon.stopwords | self._lexicon.negators | self._lexicon.generic
        return [
            w
            for w in words
            if w not in spelling and (w in self._lexicon.date_words or w not in ignored) and any(map(str.isalnum, w))
        ]

    def _untold(self, item: Item) -> tuple[list[str], list[str]]:
        """Words that nobody said: those that have to be said, and the others."""
        spelt = {plain(w) for e in item.evidence for w in self._words.normal_words(e.quote)}
        spelt |= {w for e in item.evidence for w in self._words.normal_words(self._transcript.name_of(e.speaker))}
        carried = {self._words.stem(w) for w in spelt}
        claimed = dict.fromkeys(map(plain, self.content_words(claims(item))))
        names = self._names_in(item)
        numbers = {n.value for e in item.evidence for n in self._words.numbers_in(self._words.normal_words(e.quote))}
        missing = [
            w
            for w in claimed
            if w not in spelt
            and ((w in names and not self._is_day(w)) or not self._is_carried(w, carried, spelt))
            and not is_time(w, numbers)
            and not (w in self._lexicon.lists["noons"] and NOON in numbers)
        ]
        strict = self._date_words(item) | names | self._swapped_names(item, missing)
        untold = [w for w in missing if w in strict or self._turns(w, spelt)]
        return untold, [w for w in missing if w not in untold]

    def _replaced(self, item: Item, untold: Sequence[str]) -> tuple[int, int, int]:
        """How many of these words stand where another was said: with the same word on both sides, or on one; and the
        most words in a row around such a place that are the same."""
        line = ["", *(plain(w) for w in self._words.normal_words(claims(item))), ""]
        stems = {self._words.stem(w) for w in line}
        quotes = [["", *(plain(w) for w in self._words.normal_words(e.quote)), ""] for e in item.evidence]
        places = [
            (q, i)
            for q in quotes
            for i in range(1, len(q) - 1)
            if self.content_words(q[i]) and self._words.stem(q[i]) not in stems
        ]
        whole = part = longest = 0
        for word in untold:
            at = line.index(word)
            around = [(self._alike(line[at - 1 :: -1], q[i - 1 :: -1]), self._alike(line[at + 1 :], q[i + 1 :]))
                      for q, i in places]  # fmt: skip
            sides = max((bool(before) + bool(after) for before, after in around), default=0)
            whole, part = whole + (sides == 2), part + (sides == 1)
            longest = max((longest, *(before + after for before, after in around)))
        return whole, part, longest

    def _alike(self, line: Sequence[str], quote: Sequence[str]) -> int:
        """How many words are the same from the beginning of both."""
        pairs = takewhile(lambda pair: self._same(*pair), zip(line, quote, strict=False))
        return sum(1 for _ in pairs)

    def _nouns(self, item: Item) -> set[str]:
        """Words with a capital inside a line, where a language writes nouns so."""
        written = claims(item).split()[1:] if self._lexicon.nouns_have_capitals else []
        return {n for w in written if w[:1].isupper() for n in self._words.normal_words(w)}

    def _swapped_names(self, item: Item, missing: Sequence[str]) -> set[str]:
        """Where nouns have capitals, too: words with one that stand after a word where another with a capital was said,
        without an article between ("in Gotha" for "in Fulda")."""
        line = claims(item).split()
        nouns = self._nouns(item)
        quoted = [e.quote.split() for e in item.evidence]
        stems = self._words.stems_of(claims(item))
        swapped = (
            word
            for before, word in pairwise(map(bare, line))
            if word.casefold() in missing and word.casefold() in nouns and not self._determines(before)
            for q in quoted
            for one, other in pairwise(map(bare, q))
            if one == before and other[:1].isupper() and self._words.stem(other.casefold()) not in stems
        )
        return {w.casefold() for w in swapped}

    def _determines(self, word: str) -> bool:
        return word.casefold() in self._lexicon.lists["determiners"]

    def _same(self, one: str, other: str) -> bool:
        return one == other or (len(one) > _PIECE and self._words.stem(one) == self._words.stem(other))

    def _nearest(self, word: str, item: Item) -> float:
        """How alike the cited word that is spelt most like a word is, by the pieces they share."""
        pieces = _pieces(word)
        spelt = {w for e in item.evidence for w in self._words.normal_words(e.quote)}
        return max((len(pieces & p) / max(1, len(pieces | p)) for p in map(_pieces, spelt)), default=0.0)

    def _is_carried(self, word: str, carried: set[str], spelt: set[str]) -> bool:
        """Whether a word is said, in another form, in another word for the same, or, in German, in parts."""
        if self._is_day(word):
            return f"{word}s" in spelt or word.removesuffix("s") in spelt
        forms = (self._words.stem(word), word)
        others = {self._words.stem(w) for w in self._synonyms.get(word, ())}
        joined = self._lexicon.nouns_have_capitals and is_compound(word, carried | spelt)
        return joined or bool(others & carried) or any(is_carried(form, carried) for form in forms)

    def _is_day(self, word: str) -> bool:
        """Whether a word names a time, also every one of them: "Fridays"."""
        return word in self._lexicon.date_words or word.removesuffix("s") in self._lexicon.dates.weekdays

    def _date_words(self, item: Item) -> frozenset[str]:
        """Words that name a time, without those that only do with a capital: "may"."""
        written = set(claims(item).split())
        return self._lexicon.date_words - {w for w in self._lexicon.lists["dates_with_capital"] if w in written}

    def _turns(self, word: str, spelt: set[str]) -> bool:
        """Whether a line's own word says which way something goes, and a cited word goes the other way only."""
        ways = (self._lexicon.lists["rising"], self._lexicon.lists["falling"])
        if word in self._lexicon.lists["unchanged"]:
            return False
        return any(word in way and not way & spelt for way in ways)

    def _names_in(self, item: Item) -> set[str]:
        """Words written with a capital inside a sentence, and the first one where the quotes name somebody else."""
        text = claims(item)
        written = text.split()
        if self._lexicon.nouns_have_capitals:
            titled = (b for a, b in pairwise(written) if a.casefold() in self._lexicon.lists["titles"])
            return {n for w in titled for n in self._words.normal_words(w)}
        inside = [w for before, w in pairwise(written) if w[:1].isupper() and not before.endswith((".", "?", "!", ":"))]
        capitals = (bare(w) for e in item.evidence for w in e.quote.split() if w[:1].isupper())
        quoted = {w.casefold() for w in capitals if not self._lexicon.matches("doubtful", w.casefold())}
        quoted = {w for w in quoted if "'" not in w}
        opens = item.kind is not ItemKind.ACTION
        others = (
            quoted
            - self._words.number_words(quoted)
            - self._lexicon.stopwords
            - set(self._words.normal_words(text))
            - self._lexicon.never_names
        )
        first = written[:1] if others and opens else []
        first = [w for w in first if not self._lexicon.matches("doubtful_line", w.casefold())]
        stems = {self._words.stem(w) for e in item.evidence for w in self._words.normal_words(e.quote)}
        first = [w for w in first if not is_carried(self._words.stem(bare(w).casefold()), stems)]
        named = {n for w in (*inside, *first) for n in self._words.normal_words(w)}
        return named - self._lexicon.lists["titles"]


def _is_quoted(line: Sequence[str], said: Sequence[Sequence[str]]) -> bool:
    if set(line) <= {w for quote in said for w in quote}:
        return True
    same = (sum(b.size for b in SequenceMatcher(None, line, q, autojunk=False).get_matching_blocks()) for q in said)
    return max(same) >= _QUOTING * len(line)


def _pieces(word: str) -> set[str]:
    framed = f"<{word}>"
    return {framed[i : i + _PIECE] for i in range(len(framed) - _PIECE + 1)}
