"""How likely a sentence is a promise, a request, a decision …: a linear model beside the cues.

Cues are exact where they know a phrase and blind where they do not. The model looks at words, their neighbours and the
cues that matched, all hashed, and gives each sentence a likelihood for each label. It judges no content: what it finds
is a candidate, for rules and the evidence lock to judge. `python -m bench.acts --train` makes the weights.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from minutebook.language.lexicon import Lexicon
from minutebook.language.talk.clauses import Clause, clauses_of
from minutebook.language.talk.moves import Move
from minutebook.language.talk.people import People
from minutebook.language.talk.sentences import Sentence
from minutebook.language.text.words import PUNCTUATION

DIMENSIONS: Final = 16384
LANGUAGES: Final = frozenset(("en", "de", "fr", "es"))
"""Languages that there are labelled sentences of."""
_WEIGHTS: Final = "likelihood.npz"
_LONGEST_OPENING: Final = 4
_END: Final = "$"


class Label(StrEnum):
    """What a sentence does for a note."""

    COMMIT = "commit"
    REQUEST = "request"
    ACCEPT = "accept"
    DECIDE = "decide"
    PROPOSE = "propose"
    QUESTION = "question"
    WITHDRAW = "withdraw"
    JOKE = "joke"
    NONE = "none"


Likelihoods = Mapping[Label, float]
"""The likelihood of each label, 0 to 1; they add up to 1."""


@dataclass(frozen=True)
class LinearModel:
    """Multinomial logistic regression on hashed features. `weights`: shape (DIMENSIONS, labels); `bias`: (labels,)."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def likelihoods(self, features: Sequence[str]) -> Likelihoods:
        """What a sentence with these features does."""
        scores = self.bias.copy()
        if features:
            scores += self.weights[[place(f) for f in features]].sum(axis=0) / math.sqrt(len(features))
        odds = np.exp(scores - scores.max())
        return dict(zip(Label, (odds / odds.sum()).tolist(), strict=True))


@lru_cache(maxsize=50_000)
def place(feature: str) -> int:
    """Where a feature's weights stand."""
    return crc32(feature.encode()) % DIMENSIONS


def features_of(sentence: Sentence, people: People, lexicon: Lexicon, moves: Iterable[Move]) -> tuple[str, ...]:
    """A sentence's features: words, pairs and triples of words, how it begins and ends, its length, whether it names a
    time, and the acts that cues see in it."""
    words = [_END, *_words(clauses_of(sentence, people, lexicon)), _END]
    return tuple(dict.fromkeys((*_grams(words), *_shape(sentence, words), *_acts(moves))))


def _words(clauses: Iterable[Clause]) -> Iterator[str]:
    for clause in clauses:
        for token in clause.tokens:
            yield "@" if token.text.startswith("@") else token.text


def _grams(words: Sequence[str]) -> Iterator[str]:
    for size in (1, 2, 3):
        yield from ("_".join(words[i : i + size]) for i in range(len(words) - size + 1))
    plain = [w for w in words if w not in PUNCTUATION]
    for size in range(1, _LONGEST_OPENING + 1):
        yield "^" + "_".join(plain[1 : 1 + size])


def _shape(sentence: Sentence, words: Sequence[str]) -> Iterator[str]:
    yield f"long:{min(6, int(math.log2(len(words))))}"
    if sentence.is_question:
        yield "asks"


def _acts(moves: Iterable[Move]) -> Iterator[str]:
    for move in moves:
        yield f"act:{move.act}{'?' if move.weak else ''}"
        if move.due:
            yield "timed"


@lru_cache(maxsize=1)
def shipped() -> LinearModel:
    """The model whose weights lie beside this file: 8-bit steps, one scale per label."""
    with files(__package__).joinpath(_WEIGHTS).open("rb") as file, np.load(file) as kept:
        return LinearModel(kept["weights"].astype(np.float32) * kept["scale"], kept["bias"])
