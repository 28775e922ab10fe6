"""What a stretch of the talk is called: three to six of its own words.

A heading is made of noun phrases as they were said. Where no tagger is at hand, a noun phrase is a run of content words
after an article, a possessive or a preposition ("the [landing page] for [schools]"); the stretch's own are those
whose words it uses often and the rest of the talk seldom (tf-idf, Spärck Jones 1972), and rather those that the talk
says again ("handover sheet") than words that met once ("my niece swims").
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from minutebook.language.lexicon import Lexicon
from minutebook.language.talk.sentences import Sentence
from minutebook.language.talk.wording import sentence_case
from minutebook.language.text.words import PUNCTUATION

FEWEST, MOST = 3, 6
"""Words of a heading."""
_PHRASE, _LINKED = 3, 5
"""Words of one noun phrase at most, and of two with what links them."""
_BANTER = 0.5
"""How much less a phrase counts in a sentence that does nothing."""
_UNCERTAIN = ("conditional", "doubtful", "proposes", "must")
"""Phrases of a pack that make what is said depend on something: their sentences give no heading."""


@dataclass(frozen=True, slots=True)
class Heading:
    """Words of the talk and the sentences they are from, in the order of the talk."""

    text: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class _Phrase:
    written: str
    stems: frozenset[str]
    sentence: Sentence

    @property
    def size(self) -> int:
        return len(self.written.split())


class Headings:
    """Headings of the stretches of one talk. `idle`: how likely sentences, by their numbers, do nothing for a note."""

    def __init__(
        self, stretches: Sequence[Sequence[Sentence]], lexicon: Lexicon, idle: Mapping[int, float] | None = None
    ) -> None:
        self._lexicon = lexicon
        self._idle = idle or {}
        times = lexicon.date_words | lexicon.lists["times"]
        self._unnamed = lexicon.stopwords | lexicon.negators | times | lexicon.first_person
        self._verbs = lexicon.lists["own_words"] - lexicon.lists["also_nouns"]
        self._counts = [Counter(stem for s in stretch for stem in self._stems(s)) for stretch in stretches]
        self._spread = Counter(stem for counts in self._counts for stem in counts)
        self._said = Counter(run for stretch in stretches for s in stretch for run in self._word_runs(s.text))

    def heading(self, number: int, stretch: Sequence[Sentence]) -> Heading | None:
        """The heading of a stretch, by its number; None where it has too few noun phrases that can be told."""
        weights = self._weights(number)
        found = sorted(self._phrases(stretch), key=lambda p: -_weight(p, weights) * self._again(p))
        chosen: list[_Phrase] = []
        for phrase in found:
            size = sum(p.size for p in chosen)
            known = frozenset().union(*(p.stems for p in chosen))
            if size < FEWEST and size + phrase.size <= MOST and not phrase.stems & known:
                chosen.append(phrase)
        if sum(p.size for p in chosen) < FEWEST:
            return None
        chosen.sort(key=lambda p: p.sentence.index)
        sentences = {p.sentence.index: p.sentence for p in chosen}
        return Heading(sentence_case(", ".join(p.written for p in chosen)), tuple(sentences.values()))

    def _weights(self, number: int) -> Mapping[str, float]:
        stretches = len(self._counts)
        return {
            stem: count * math.log(1 + stretches / self._spread[stem]) for stem, count in self._counts[number].items()
        }

    def _word_runs(self, text: str) -> Iterator[tuple[str, ...]]:
        """Two content words of a text that follow each other, as stems."""
        words = self._lexicon.words.normal_words(text)
        pairs = (pair for pair in pairwise(words) if not self._unnamed & set(pair))
        return (tuple(map(self._lexicon.words.stem, pair)) for pair in pairs)

    def _again(self, phrase: _Phrase) -> float:
        """How much more a phrase counts because the talk says two words of it again, and less in idle talk."""
        said = max((self._said[run] for run in self._word_runs(phrase.written)), default=1)
        return (1 + math.log(max(1, said))) * (1 - _BANTER * self._idle.get(phrase.sentence.index, 0.0))

    def _stems(self, sentence: Sentence) -> list[str]:
        words = self._lexicon.words
        return [words.stem(w) for w in words.normal_words(sentence.text) if w not in self._lexicon.stopwords]

    def _phrases(self, stretch: Sequence[Sentence]) -> Iterator[_Phrase]:
        for sentence in stretch:
            norm = self._lexicon.words.norm(sentence.text)
            denied = any(w in self._lexicon.negators for w in norm.split())
            if not denied and not any(self._lexicon.matches(phrase, norm) for phrase in _UNCERTAIN):
                yield from self._linked(sentence)

    def _linked(self, sentence: Sentence) -> Iterator[_Phrase]:
        """The noun phrases of a sentence; two that are linked by "of" or "for" as one."""
        runs = list(self._runs(sentence))
        for place, (first, last) in enumerate(runs):
            following = runs[place + 1] if place + 1 < len(runs) else None
            if following is not None and following[1] - first <= _LINKED and self._links(sentence, last, following[0]):
                yield self._phrase(sentence, first, following[1])
            yield self._phrase(sentence, first, last)

    def _phrase(self, sentence: Sentence, first: int, last: int) -> _Phrase:
        written = " ".join(sentence.written[first:last])
        stems = self._lexicon.words.stems_of(written, self._lexicon.stopwords)
        return _Phrase(written.strip(" ,.;:?!…—–\"'“”"), frozenset(stems), sentence)

    def _links(self, sentence: Sentence, last: int, first: int) -> bool:
        between = [w.casefold() for w in sentence.written[last:first]]
        return bool(between) and between[0] in self._lexicon.lists["links_nouns"]

    def _runs(self, sentence: Sentence) -> Iterator[tuple[int, int]]:
        """Half-open ranges of written words that are a noun phrase."""
        written = sentence.written
        at = 0
        while at < len(written):
            if written[at].casefold() not in self._lexicon.lists["before_nouns"]:
                at += 1
                continue
            first = last = at + 1
            while last < len(written) and self._names_something(written[last], last > first):
                last += 1
                if written[last - 1][-1:] in PUNCTUATION:
                    break
            if self._is_verb_before_object(written, first, last):
                last -= 1
            while self._lexicon.nouns_have_capitals and last > first and not written[last - 1][:1].isupper():
                last -= 1
            if first < last <= first + _PHRASE:
                yield first, last
            at = max(last, at + 1)

    def _names_something(self, written: str, inside: bool) -> bool:
        parts = self._lexicon.words.normal_words(written)
        numbers = self._lexicon.words.number_words(parts)
        plain = len(parts) == 1 and parts[0] not in self._unnamed and parts[0] not in numbers and parts[0][:1].isalpha()
        return plain and not (inside and parts[0] in self._verbs)

    def _is_verb_before_object(self, written: Sequence[str], first: int, last: int) -> bool:
        """Whether the last word of a run has an object, so that it is what is done: "the pump [failed] the test"."""
        ends = last - first < 2 or last >= len(written) or written[last - 1][-1:] in PUNCTUATION
        return not ends and written[last].casefold() in self._lexicon.lists["determiners"]


def _weight(phrase: _Phrase, weights: Mapping[str, float]) -> float:
    """Often said and long enough to tell something: a word alone weighs half, three weigh more than two."""
    total = sum(weights.get(stem, 0.0) for stem in phrase.stems)
    return total / math.sqrt(len(phrase.stems)) if len(phrase.stems) > 1 else 0.5 * total
