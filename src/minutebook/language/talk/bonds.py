"""Which sentences of a talk carry the same line of its minutes: a promise, what asked for it, its matter, its date.

A logistic model over pairs: how far apart they are, who speaks, which words they share, and what each of them does by
the linear model beside this one. It is learnt from talks in which somebody has marked the sentences of each line
(`python -m bench.bonds --train`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from minutebook.language.lexicon import Lexicon
from minutebook.language.talk.likelihood import Label, Likelihoods
from minutebook.language.talk.sentences import Sentence

REACH: Final = 16
"""Sentences that two of one line lie apart at most."""
_DOES_SOMETHING: Final = 0.2
"""A pair is looked at when one of the two does something for a note with this likelihood."""
_WORTH_KEEPING: Final = 0.1
_AT_ONCE: Final = 2000
"""Pairs whose features are held at once: 5 MB, where a day of talk has millions of pairs."""
_WEIGHTS: Final = "bonds.npz"
_DOING: Final = tuple(label for label in Label if label not in (Label.JOKE, Label.NONE))
_FEW, _MANY = 4, 8


@dataclass(frozen=True)
class Said:
    """What the model sees of a sentence: its number, turn and speaker, the stems of its content words, whether it asks,
    and how likely it does what (in the order of `_DOING`)."""

    index: int
    turn: int
    speaker: str
    stems: frozenset[str]
    asks: bool
    does: NDArray[np.float64]


def said_of(sentence: Sentence, likely: Likelihoods, lexicon: Lexicon) -> Said:
    """What the model sees of a sentence."""
    stems = frozenset(lexicon.words.stems_of(sentence.text, lexicon.stopwords))
    does = np.array([likely[label] for label in _DOING])
    return Said(sentence.index, sentence.turn, sentence.speaker, stems, sentence.is_question, does)


def pairs_of(said: Sequence[Said]) -> Iterator[tuple[Said, Said]]:
    """The pairs that are looked at, the earlier one first."""
    for at, early in enumerate(said):
        for late in said[at + 1 : at + 1 + REACH]:
            if max(early.does.max(), late.does.max()) >= _DOES_SOMETHING:
                yield early, late


def features_of_pair(early: Said, late: Said) -> NDArray[np.float64]:
    """A pair's features."""
    apart = late.index - early.index
    shared, fewest = len(early.stems & late.stems), min(len(early.stems), len(late.stems))
    same = float(early.speaker == late.speaker)
    plain = (
        1.0, apart / REACH, float(apart == 1), float(apart == 2), float(apart == 3), float(apart <= 5), same,
        float(early.turn == late.turn), float(late.turn - early.turn == 1), same * float(apart <= 2),
        min(shared, _FEW) / _FEW, float(shared > 0), shared / max(1, fewest),
        min(len(early.stems), _MANY) / _MANY, min(len(late.stems), _MANY) / _MANY, float(early.asks), float(late.asks),
    )  # fmt: skip
    both = np.outer(early.does, late.does).ravel()
    return np.concatenate([plain, early.does, late.does, both, both / (1 + apart / 3), both * same])


@dataclass(frozen=True)
class BondModel:
    """Logistic regression on standardised features."""

    weights: NDArray[np.float64]
    mean: NDArray[np.float64]
    spread: NDArray[np.float64]

    def likelihoods(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """How likely each pair (a row of features) carries one line."""
        likely: NDArray[np.float64] = 1 / (1 + np.exp(-((features - self.mean) / self.spread) @ self.weights))
        return likely


@dataclass(frozen=True)
class Bonds:
    """How likely sentences, by their indexes, carry the same line; what is unlikely is left out."""

    likely: Mapping[int, Mapping[int, float]]

    def of(self, sentence: int) -> Mapping[int, float]:
        """The sentences that may carry the same line as this one, with the likelihood of each."""
        return self.likely.get(sentence, {})


NO_BONDS: Final = Bonds({})


def bonds_of(said: Sequence[Said], model: BondModel | None = None) -> Bonds:
    """The bonds of a talk."""
    judge, pairs = model or shipped(), pairs_of(said)
    found: dict[int, dict[int, float]] = {}
    while some := list(islice(pairs, _AT_ONCE)):
        likely = judge.likelihoods(np.array([features_of_pair(*pair) for pair in some]))
        for (early, late), value in zip(some, likely.tolist(), strict=True):
            if value >= _WORTH_KEEPING:
                found.setdefault(early.index, {})[late.index] = value
                found.setdefault(late.index, {})[early.index] = value
    return Bonds(found)


@lru_cache(maxsize=1)
def shipped() -> BondModel:
    """The model whose weights lie beside this file."""
    with files(__package__).joinpath(_WEIGHTS).open("rb") as file, np.load(file) as kept:
        return BondModel(*(kept[name].astype(np.float64) for name in ("weights", "mean", "spread")))
