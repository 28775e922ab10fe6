"""Sentence vectors without a model: words and pieces of words, hashed.

A word counts by itself and by its character 3- and 4-grams, so that inflected forms and compounds are alike in any
language, also in one that is written without blanks (Damashek 1995, n-gram vectors; Weinberger et al. 2009, feature
hashing with signs). Decision record 10 has the measurements beside trained encoders: notes were as good, without
weights, start-up or memory.
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
DIMENSIONS: Final = 512
_SHORT: Final = 3
"""Words of up to so many letters are mostly grammar: they count less, and have no pieces."""
_SHORT_WEIGHT: Final = 0.35
_PIECE_WEIGHT: Final = 0.25
_PIECES: Final = (3, 4)
_SIGN: Final = 1 << 20
_WORD: Final = re.compile(r"\w+")


def embed(texts: Sequence[str]) -> Vectors:
    """Unit vectors, shape (len(texts), 512); zeros for a text without words."""
    vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    for row, text in enumerate(texts):
        for word, times in Counter(_WORD.findall(text.casefold())).items():
            for place, weight in _features(word):
                vectors[row, place] += times * weight
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = (vectors / np.where(norms > 0, norms, 1.0)).astype(np.float32)
    return unit


@lru_cache(maxsize=20_000)
def _features(word: str) -> tuple[tuple[int, float], ...]:
    """Places in the vector and what a word adds there."""
    if len(word) <= _SHORT:
        return (_hashed(f"={word}", _SHORT_WEIGHT),)
    framed = f"<{word}>"
    pieces = (framed[at : at + size] for size in _PIECES for at in range(len(framed) - size + 1))
    return (_hashed(f"={word}", 1.0), *(_hashed(piece, _PIECE_WEIGHT) for piece in pieces))


def _hashed(feature: str, weight: float) -> tuple[int, float]:
    code = crc32(feature.encode())
    return code % DIMENSIONS, weight if code & _SIGN else -weight


@lru_cache(maxsize=4096)
def _vector(text: str) -> Vectors:
    vector: Vectors = embed([text])[0]
    return vector


def similarity(one: str, other: str) -> float:
    """Cosine similarity of two texts, -1 to 1."""
    return float(_vector(one) @ _vector(other))
