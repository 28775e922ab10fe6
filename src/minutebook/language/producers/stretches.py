"""A talk in stretches that a model reads at one go: cut where the topic changes. Pure."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

import numpy as np

from minutebook.language.talk.sentences import Sentence
from minutebook.language.talk.topics import depths_of
from minutebook.language.text.embedding import embed

_LEAST: Final = 8 / 15
"""How short a stretch may be, of the longest one: 800 of 1500 words."""
_MIDDLE: Final = (0.35, 0.65)
_FEWEST_WORDS: Final = 120
"""A stretch of fewer words is not halved."""

Stretch = Sequence[Sentence]


def words_in(stretch: Stretch) -> int:
    """How many words are said in a stretch."""
    return sum(len(sentence.words) for sentence in stretch)


def stretches_of(sentences: Stretch, most_words: int, overlap: int = 0) -> list[Stretch]:
    """Stretches of eight fifteenths of `most_words` up to all of them, cut where the sentences before and after differ
    most; the last one may be shorter. From the second on, the `overlap` sentences before stand in front."""
    if not sentences:
        return []
    said = [0, *accumulate(len(s.words) for s in sentences)]
    depths = _depths(sentences)
    found: list[Stretch] = []
    first = 0
    while said[-1] - said[first] > most_words:
        lowest = said[first] + _LEAST * most_words
        highest = max(lowest, min(said[first] + most_words, said[-1] - _LEAST * most_words / 2))
        fitting = [at for at in range(first + 1, len(sentences)) if lowest <= said[at] <= highest]
        at = max(fitting, key=lambda n: depths[n - 1], default=_last_below(said, first, highest))
        found.append(sentences[max(0, first - overlap) : at])
        first = at
    found.append(sentences[max(0, first - overlap) :])
    return found


def halves(stretch: Stretch) -> list[Stretch]:
    """Two parts of a stretch, cut near its middle where the topic changes; none where it is short already."""
    total = words_in(stretch)
    if total < _FEWEST_WORDS or len(stretch) < 2:
        return []
    said = [0, *accumulate(len(s.words) for s in stretch)]
    depths = _depths(stretch)
    near = [at for at in range(1, len(stretch)) if _MIDDLE[0] * total <= said[at] <= _MIDDLE[1] * total]
    at = max(near, key=lambda n: depths[n - 1], default=len(stretch) // 2)
    return [stretch[:at], stretch[at:]]


def _depths(sentences: Stretch) -> Sequence[float]:
    if len(sentences) < 2:
        return []
    return [float(depth) for depth in np.asarray(depths_of(embed([s.text for s in sentences])))]


def _last_below(said: Sequence[int], first: int, highest: float) -> int:
    return max((at for at in range(first + 1, len(said) - 1) if said[at] <= highest), default=first + 1)
