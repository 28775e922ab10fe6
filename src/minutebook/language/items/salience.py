"""Which sentences are worth remembering: key points and the summary.

A sentence counts by how much the rest of the talk is like it (centroid), by what it does (a decision, a promise), and
by what it states (numbers, names); sentences alike to one already chosen are passed over (maximal marginal relevance,
Carbonell & Goldstein 1998).
"""

from collections.abc import Mapping, Sequence

import numpy as np

from minutebook.language.model import Item, ItemKind, KeyPoint
from minutebook.language.talk.sentences import Sentence
from minutebook.language.text.embedding import embed
from minutebook.language.text.words import Words

_BONUS = {ItemKind.DECISION: 0.5, ItemKind.ACTION: 0.3, ItemKind.QUESTION: 0.0, ItemKind.TOPIC: 0.15}
_NUMBER_BONUS = 0.1
_REDUNDANCY = 0.7
_SHORTEST, _LONGEST = 6, 45
_FEWEST_POINTS, _MOST_POINTS = 3, 10
_SECONDS_PER_POINT = 60.0
_Place = tuple[str, float]
"""A speaker and the second at which a sentence begins."""


def key_points_of(sentences: Sequence[Sentence], items: Sequence[Item], words: Words) -> tuple[KeyPoint, ...]:
    """The most telling sentences, most important first; about one a minute, at most ten."""
    if not sentences:
        return ()
    length = sentences[-1].end - sentences[0].start
    wanted = int(min(_MOST_POINTS, max(_FEWEST_POINTS, round(length / _SECONDS_PER_POINT) + 2)))
    return tuple(KeyPoint(s.text, (s.evidence(),)) for s in ranked(sentences, items, wanted, words))


def summary_of(sentences: Sequence[Sentence], items: Sequence[Item], words: Words, most: int = 3) -> str:
    """A few of the most telling sentences, in the order of the talk."""
    chosen = ranked(sentences, items, most, words)
    return " ".join(s.text for s in sorted(chosen, key=lambda s: s.index))


def ranked(sentences: Sequence[Sentence], items: Sequence[Item], most: int, words: Words) -> list[Sentence]:
    """Up to `most` sentences, best first."""
    telling = [s for s in sentences if _SHORTEST <= len(s.words) <= _LONGEST and not s.is_question]
    if not telling:
        return []
    vectors, cited = embed([s.text for s in telling]), _cited(items)
    scores = vectors @ vectors.mean(axis=0) + np.array([_bonus(s, cited, words) for s in telling], dtype=np.float32)
    chosen: list[int] = []
    for _ in range(min(most, len(telling))):
        likeness = (vectors @ vectors[chosen].T).max(axis=1) if chosen else np.zeros(len(telling), dtype=np.float32)
        gains = scores - _REDUNDANCY * np.maximum(likeness, 0)
        gains[chosen] = -np.inf
        chosen.append(int(gains.argmax()))
    return [telling[i] for i in chosen]


def _cited(items: Sequence[Item]) -> dict[_Place, float]:
    """What it counts to be cited, by the place that is."""
    counts: dict[_Place, float] = {}
    for item in items:
        for each in item.evidence:
            place = each.speaker, each.start
            counts[place] = max(counts.get(place, 0.0), _BONUS[item.kind])
    return counts


def _bonus(sentence: Sentence, cited: Mapping[_Place, float], words: Words) -> float:
    number = _NUMBER_BONUS if words.numbers_in(words.normal_words(sentence.text)) else 0.0
    return cited.get((sentence.speaker, sentence.start), 0.0) + number
