"""`python -m bench.bonds`: which sentences carry the same line, judged on linked talks that are kept back.

`--train` writes the weights that are shipped. What sentences do is told by models that have not seen them: each half of
the talks is judged by one that has learnt the other half.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.acts import examples, of_talk, trained
from bench.labelled import Talk, is_kept_back, talks_of
from minutebook.language.lexicon import lexicon_of
from minutebook.language.talk import bonds
from minutebook.language.talk.bonds import REACH, BondModel, Said, features_of_pair, pairs_of, said_of
from minutebook.language.talk.likelihood import LinearModel
from minutebook.language.talk.sentences import Sentence
from minutebook.transcript.model import Word

WEIGHTS = Path(bonds.__file__).with_name("bonds.npz")
_STEPS, _RATE, _DECAY = 250, 0.05, 1e-5
_THRESHOLDS = (0.15, 0.2, 0.3, 0.5)


def said_in(talk: Talk, model: LinearModel) -> list[Said]:
    """A labelled talk's sentences as the model of bonds sees them."""
    lexicon, found, turn, previous = lexicon_of(talk.language), list[Said](), -1, ""
    for at, (example, (speaker, text, _)) in enumerate(zip(of_talk(talk), talk.sentences, strict=True)):
        turn += speaker != previous
        previous = speaker
        sentence = Sentence(at, turn, speaker, tuple(Word(word, 0.0, 0.0, 1.0) for word in text.split()))
        found.append(said_of(sentence, model.likelihoods(example.features), lexicon))
    return found


def linked_pairs(talk: Talk) -> set[tuple[int, int]]:
    """The pairs of sentences that carry one line, as far apart as is looked at."""
    shared = {(a, b) for line in talk.lines or () if line.kind != "open" for a in line.members for b in line.members}
    return {(a, b) for a, b in shared if 0 < b - a <= REACH}


def _learnt(talks: Sequence[Talk]) -> Callable[[Talk], list[Said]]:
    """What sentences do, for each talk by a model that has learnt the talks of the other half."""
    names = sorted(talk.name for talk in talks)
    halves = [set(names[::2]), set(names[1::2])]
    data = examples()
    known = {e.group for e in data} - set(names)
    models = [trained([e for e in data if e.group in half or e.group in known]) for half in halves]
    return lambda talk: said_in(talk, models[talk.name in halves[0]])


def _material(talks: Sequence[Talk], said: Callable[[Talk], list[Said]]) -> Iterator[tuple[NDArray[np.float64], bool]]:
    for talk in talks:
        wanted = linked_pairs(talk)
        for early, late in pairs_of(said(talk)):
            yield features_of_pair(early, late), (early.index, late.index) in wanted


def _fitted(features: NDArray[np.float64], wanted: NDArray[np.float64]) -> BondModel:
    """Logistic regression by full-batch Adam; the first feature is 1 and stays so."""
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    mean[0], spread[0] = 0.0, 1.0
    inputs = (features - mean) / spread
    weights, first, second = (np.zeros(inputs.shape[1]) for _ in range(3))
    for step in range(1, _STEPS + 1):
        error = (1 / (1 + np.exp(-inputs @ weights)) - wanted) / len(wanted)
        slope = inputs.T @ error + _DECAY * weights
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        rate = _RATE * (1 - (step - 1) / _STEPS)
        weights = weights - rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    return BondModel(weights, mean, spread)


def main() -> None:
    """Judge the model, or write its weights."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--train", action="store_true", help="write the weights that are shipped")
    train = options.parse_args().train
    talks = [talk for talk in talks_of() if talk.lines is not None]
    judging = [talk for talk in talks if is_kept_back(talk.name)]
    said = _learnt(talks)
    rows = list(_material(talks if train else [t for t in talks if t not in judging], said))
    model = _fitted(np.array([row for row, _ in rows]), np.array([float(bond) for _, bond in rows]))
    if train:
        np.savez_compressed(WEIGHTS, weights=model.weights, mean=model.mean, spread=model.spread)
        print(f"{len(rows)} pairs; {WEIGHTS.name}: {WEIGHTS.stat().st_size / 1024:.0f} KB")
        return
    held = list(_material(judging, said))
    likely = model.likelihoods(np.array([row for row, _ in held]))
    wanted, linked = np.array([bond for _, bond in held]), sum(len(linked_pairs(talk)) for talk in judging)
    for least in _THRESHOLDS:
        right, found = int((wanted & (likely >= least)).sum()), int((likely >= least).sum())
        print(f"from {least}: recall {right / linked:.2f} of {linked}, precision {right / max(found, 1):.2f}")


if __name__ == "__main__":
    main()
