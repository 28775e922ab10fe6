"""Which sentences make a line of the minutes, and which around them say what it is and by when.

"I'll do it this afternoon" makes a task; what it is was said five sentences before. Logistic models over what the
sentences do (the linear model beside this one, and the cues), who speaks, how far apart and how alike they are. They
are learnt from talks in which somebody has marked the sentences of each line (`python -m bench.carriers --train`).
No feature is a word, so they serve every language that the model of what sentences do has learnt.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from minutebook.language.lexicon import Act, Lexicon
from minutebook.language.model import ItemKind
from minutebook.language.talk.likelihood import Label, Likelihoods
from minutebook.language.talk.moves import Move, due_said
from minutebook.language.talk.people import People
from minutebook.language.talk.sentences import Sentence

BEFORE: Final = 14
AFTER: Final = 3
"""Sentences before and after the one that makes a line in which what it is, and by when, is looked for."""
_AROUND: Final = tuple(range(-6, 5))
"""Places of the sentences that tell whether one makes a line, counted from it."""
_NEXT_TO_IT: Final = frozenset((-3, -2, -1, 1))
_MAKING: Final = (ItemKind.ACTION, ItemKind.DECISION)
_NOTHING: Final = tuple(Label).index(Label.NONE)
_ACTS: Final = {act: at for at, act in enumerate(Act)}
FARTHEST: Final = 5.0
"""Standard deviations that a feature counts at most."""
_AT_ONCE: Final = 1000
"""Sentences whose features are held at once: 5 MB, where a day of talk has 20,000 sentences."""
_WEIGHTS: Final = "carriers.npz"

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """What the models see of a sentence: its place, turn and speaker, how many words it has, the stems of its content
    words, how likely it does what (in the order of `Label`), and `marks`: cues and shape."""

    index: int
    turn: int
    speaker: str
    words: int
    stems: frozenset[str]
    does: Numbers
    marks: Numbers


def seen_of(sentence: Sentence, likely: Likelihoods, moves: Iterable[Move], people: People, lexicon: Lexicon) -> Seen:
    """What the models see of a sentence; `moves` are those that cues see in it."""
    stems = frozenset(lexicon.words.stems_of(sentence.text, lexicon.stopwords))
    acts, empty = np.zeros(2 * len(_ACTS)), False
    for move in moves:
        acts[2 * _ACTS[move.act] + move.weak] = 1.0
        empty |= move.act is Act.COMMIT and lexicon.matches("empty", lexicon.words.norm(move.core))
    words = len(lexicon.words.normal_words(sentence.text))
    due = due_said(sentence, people, lexicon)
    dated = due is not None and lexicon.dates.is_dated(lexicon.words.norm(due))
    named = any(people.key_of(word) is not None for word in sentence.written)
    shape = (
        sentence.is_question, due is not None, dated, min(words, 20) / 20, words <= 3, words <= 1,
        min(len(stems), 8) / 8, not stems, named, empty,
    )  # fmt: skip
    does = np.array([likely[label] for label in Label])
    return Seen(
        sentence.index,
        sentence.turn,
        sentence.speaker,
        words,
        stems,
        does,
        np.concatenate([acts, np.array(shape, float)]),
    )


def features_around(seen: Sequence[Seen], at: int) -> Numbers:
    """What tells whether the sentence at a place makes a line: itself and those around it."""
    me, parts = seen[at], list[Numbers]()
    for place in _AROUND:
        near = place in _NEXT_TO_IT
        if not 0 <= at + place < len(seen):
            parts.append(np.zeros(len(me.does) * (1 + near) + len(me.marks) + 4))
            continue
        other = seen[at + place]
        same = other.speaker == me.speaker
        relation = (1.0, same, other.turn == me.turn, min(len(other.stems & me.stems), 4) / 4)
        parts += [other.does, other.marks, np.array(relation, float)]
        if near:
            parts.append(other.does * same)
    return np.concatenate(parts)


def features_beside(seen: Sequence[Seen], makes: Numbers, at: int, other: int) -> Numbers:
    """What tells whether a sentence says what a line is, or by when, that the sentence at a place makes. `makes`: how
    likely each sentence makes a line."""
    me, it, apart = seen[at], seen[other], other - at
    place = np.zeros(BEFORE + 1 + AFTER)
    place[apart + BEFORE] = 1.0
    first, last = min(at, other) + 1, max(at, other)
    between = makes[first:last]
    said = sum(len(seen[k].stems) for k in range(first, last))
    same, shared = float(it.speaker == me.speaker), len(me.stems & it.stems)
    itself, little = float(apart == 0), float(len(me.stems) <= 1)
    relation = (
        same, float(it.turn == me.turn), min(abs(it.turn - me.turn), 8) / 8, float(between.max(initial=0.0)),
        min(float(between.sum()), 3.0) / 3, min(said, 20) / 20, min(shared, 3) / 3,
        shared / max(1, min(len(me.stems), len(it.stems))), float(makes[other]), float(makes[at]),
        min(len(me.stems), 6) / 6, itself * min(len(me.stems), 6) / 6, (1 - itself) * little, itself * little,
    )  # fmt: skip
    near = 1 / (1 + abs(apart))
    close = float(abs(apart) <= 3)
    return np.concatenate(
        [place, relation, it.does, me.does, it.marks, me.marks * itself, it.does * same, it.does * close,
         me.does * itself, it.does * near, it.marks * near]
    )  # fmt: skip


@dataclass(frozen=True)
class Logistic:
    """Logistic regression on standardised features; `bias` is the constant."""

    weights: Numbers
    mean: Numbers
    spread: Numbers
    bias: float

    def likelihoods(self, features: Numbers) -> Numbers:
        """How likely each row is what was learnt, 0 to 1."""
        inputs = np.clip((features - self.mean) / self.spread, -FARTHEST, FARTHEST)
        likely: Numbers = 1 / (1 + np.exp(-(inputs @ self.weights + self.bias)))
        return likely


Models = Mapping[str, Logistic]
"""By name: `action.makes`, `action.tells`, `action.dates`, `decision.makes`, `decision.tells`."""


def reach_of(seen: Sequence[Seen], at: int) -> range:
    """The places of the sentences that are looked at beside the one that makes a line, itself among them."""
    return range(max(0, at - BEFORE), min(len(seen), at + AFTER + 1))


@dataclass(frozen=True)
class Carriers:
    """The sentences of a talk as the models see them, and what they make of them."""

    seen: Sequence[Seen]
    models: Models

    def makes(self, kind: ItemKind) -> Numbers:
        """How likely each sentence makes a task (its speaker is the one who does it) or tells a decision."""
        return self._makes[kind]

    def idle(self, at: int) -> float:
        """How likely a sentence does nothing for a note."""
        return float(self.seen[at].does[_NOTHING])

    @cached_property
    def _makes(self) -> Mapping[ItemKind, Numbers]:
        found: dict[ItemKind, list[Numbers]] = {kind: [np.zeros(0)] for kind in _MAKING}
        for first in range(0, len(self.seen), _AT_ONCE):
            some = range(first, min(first + _AT_ONCE, len(self.seen)))
            features = np.array([features_around(self.seen, at) for at in some])
            for kind in _MAKING:
                found[kind].append(self.models[f"{kind.value}.makes"].likelihoods(features))
        return {kind: np.concatenate(parts) for kind, parts in found.items()}

    def tells(self, kind: ItemKind, at: int) -> Mapping[int, float]:
        """The sentences around one that makes a line, with how likely each says something of what it is."""
        return self._beside(kind, "tells", at)

    def dates(self, at: int) -> Mapping[int, float]:
        """The sentences around one that makes a task, with how likely each holds its date."""
        return self._beside(ItemKind.ACTION, "dates", at)

    def _beside(self, kind: ItemKind, what: str, at: int) -> Mapping[int, float]:
        places, makes = reach_of(self.seen, at), self.makes(kind)
        features = np.array([features_beside(self.seen, makes, at, other) for other in places])
        likely = self.models[f"{kind.value}.{what}"].likelihoods(features)
        return dict(zip(places, likely.tolist(), strict=True))


@lru_cache(maxsize=1)
def shipped() -> Models:
    """The models whose weights lie beside this file."""
    with files(__package__).joinpath(_WEIGHTS).open("rb") as file, np.load(file) as kept:
        stored = {name: kept[name].astype(np.float64) for name in kept.files}
    names = {name.rpartition(".")[0] for name in stored}
    return {name: _model(name, stored) for name in names}


def _model(name: str, stored: Mapping[str, Numbers]) -> Logistic:
    weights, mean, spread = (stored[f"{name}.{part}"] for part in ("weights", "mean", "spread"))
    return Logistic(weights, mean, spread, float(stored[f"{name}.bias"]))
