"""What the talk was about, in order: stretches that hang together, each under a heading of its own words.

Boundaries stand where the vectors of the sentences before and after differ most (TextTiling, Hearst 1997, with
embeddings instead of word counts).
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from minutebook.language.lexicon import Lexicon
from minutebook.language.model import Item, ItemKind, Span
from minutebook.language.talk.headings import Headings
from minutebook.language.talk.sentences import Sentence
from minutebook.language.text.embedding import Vectors, embed

_WINDOW = 5
_GROWTH = 1.7
"""Topics grow with the square root of the length: two in two minutes, five in ten, thirteen in an hour."""
_MOST = 15
_FEWEST_WORDS = 6
_LONGEST_QUOTE = 45


def topics_of(
    sentences: Sequence[Sentence], lexicon: Lexicon, most: int = _MOST, idle: Mapping[int, float] | None = None
) -> list[Item]:
    """One item per stretch, with the time it takes. `most` bounds their number, whatever the length of the talk. Where
    a stretch has no noun phrases that a heading could be made of, its most telling sentence stands for it. `idle`: how
    likely sentences do nothing for a note; their words are the last to make a heading."""
    if not sentences:
        return []
    vectors = embed([s.text for s in sentences])
    stretches = _stretches(sentences, vectors, most)
    headings = Headings([sentences[first:last] for first, last in stretches], lexicon, idle)
    items = []
    for number, (first, last) in enumerate(stretches):
        span = Span(sentences[first].start, sentences[last - 1].end)
        heading = headings.heading(number, sentences[first:last])
        key = None if heading else key_sentence(sentences[first:last], vectors[first:last])
        if heading is not None:
            evidence = tuple(s.evidence() for s in heading.sentences)
            items.append(Item(ItemKind.TOPIC, heading.text, evidence, span=span))
        elif key is not None:
            items.append(Item(ItemKind.TOPIC, key.text, (key.evidence(),), span=span))
    return items


def _stretches(sentences: Sequence[Sentence], vectors: Vectors, most: int) -> list[tuple[int, int]]:
    length = sentences[-1].end - sentences[0].start
    wanted = int(min(most, max(1, round(_GROWTH * math.sqrt(length / 60))), max(1, len(sentences) // 4)))
    shortest = max(4, len(sentences) // (3 * wanted))
    gaps = depths_of(vectors)
    cuts: list[int] = []
    for gap in np.argsort(-gaps):
        if len(cuts) == wanted - 1:
            break
        at = int(gap) + 1
        if all(abs(at - c) >= shortest for c in (0, *cuts, len(sentences))):
            cuts.append(at)
    edges = [0, *sorted(cuts), len(sentences)]
    return list(pairwise(edges))


def depths_of(vectors: Vectors) -> Vectors:
    """For each gap between neighbours, how unlike the sentences before it are to those after it (0 to 2)."""
    sums = np.vstack([np.zeros((1, vectors.shape[1]), dtype=np.float32), np.cumsum(vectors, axis=0, dtype=np.float32)])
    gaps = np.arange(1, len(vectors))
    before = sums[gaps] - sums[np.maximum(0, gaps - _WINDOW)]
    after = sums[np.minimum(len(vectors), gaps + _WINDOW)] - sums[gaps]
    norms = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    cosine = (before * after).sum(axis=1) / np.where(norms > 0, norms, 1.0)
    depths: Vectors = (1.0 - cosine).astype(np.float32)
    return depths


def key_sentence(sentences: Sequence[Sentence], vectors: Vectors) -> Sentence | None:
    """The statement nearest to the middle of its stretch; early ones are preferred, for they introduce it."""
    middle = vectors.mean(axis=0)
    scores = vectors @ middle - np.linspace(0, 0.05, len(sentences), dtype=np.float32)
    ranked = [sentences[int(i)] for i in np.argsort(-scores)]
    telling = [s for s in ranked if _FEWEST_WORDS <= len(s.words) <= _LONGEST_QUOTE and not s.is_question]
    return next(iter(telling or [s for s in ranked if len(s.words) >= _FEWEST_WORDS]), None)
