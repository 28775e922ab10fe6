"""`python -m bench.carriers`: which sentences make lines of the minutes and which tell them, judged on linked talks.

Each author's talks are judged by models that have learnt the other authors' only: who writes like somebody known is
found too easily. `--train` writes the weights that are shipped; `--keep FILE` keeps each author's models.
What sentences do is told by models that have not seen them: each half of the talks by one that has learnt the other.
"""

import argparse
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bench.acts import Example, examples, of_talk, trained
from bench.descent import descended
from bench.labelled import Line, Talk, spoken, talks_of
from bench.notes_scoring import content
from minutebook.language.lexicon import lexicon_of
from minutebook.language.talk import carriers
from minutebook.language.talk.carriers import (
    FARTHEST,
    Logistic,
    Models,
    Numbers,
    Seen,
    features_around,
    features_beside,
    reach_of,
    seen_of,
)
from minutebook.language.talk.likelihood import LinearModel
from minutebook.language.talk.moves import Move, moves_of

WEIGHTS = Path(carriers.__file__).with_name("carriers.npz")
AUTHORS = ("cl_", "co_", "pub_")
"""How the names of each author's linked talks begin."""
_STEPS, _RATE = 200, 0.02
_SHRINKS = {"makes": 0.12, "tells": 0.03, "dates": 0.04}
"""How much large weights cost, by what is learnt: of 0.002 to 0.3 the best on an author who was not learnt."""
_TELLS = 0.2
"""Share of a line's content words, besides those of the sentence that makes it, from which a sentence tells it."""


def seen_in(talk: Talk, model: LinearModel) -> list[Seen]:
    """A labelled talk's sentences as the models see them."""
    lexicon = lexicon_of(talk.language)
    sentences, people = spoken(talk)
    moves: dict[int, list[Move]] = {}
    for move in moves_of(sentences, people, lexicon):
        moves.setdefault(move.sentence.index, []).append(move)
    return [
        seen_of(sentence, model.likelihoods(example.features), moves.get(sentence.index, ()), people, lexicon)
        for sentence, example in zip(sentences, of_talk(talk), strict=True)
    ]


def _making(line: Line) -> int | None:
    return line.owning if line.kind == "action" else line.telling


@dataclass
class Rows:
    """What is learnt: rows of features, and whether each is it."""

    features: list[Numbers] = field(default_factory=list)
    wanted: list[bool] = field(default_factory=list)

    def add(self, features: Numbers, wanted: bool) -> None:
        self.features.append(features)
        self.wanted.append(wanted)


def _of_makers(talks: Sequence[Talk], seen: Mapping[str, Sequence[Seen]], kind: str) -> Rows:
    rows = Rows()
    for talk in talks:
        makers = {_making(line) for line in talk.lines or () if line.kind == kind}
        for at in range(len(seen[talk.name])):
            rows.add(features_around(seen[talk.name], at), at in makers)
    return rows


def _beside(
    talks: Sequence[Talk], seen: Mapping[str, Sequence[Seen]], makes: Mapping[str, Numbers], kind: str, what: str
) -> Rows:
    rows = Rows()
    for talk in talks:
        for line in talk.lines or ():
            at = _making(line)
            if line.kind != kind or at is None:
                continue
            for other in reach_of(seen[talk.name], at):
                wanted = other == line.dated if what == "dates" else _tells(talk, line, at, other)
                rows.add(features_beside(seen[talk.name], makes[talk.name], at, other), wanted)
    return rows


def _tells(talk: Talk, line: Line, at: int, other: int) -> bool:
    """Whether a sentence has words of a line that the one that makes it has not."""
    words = content(talk.said(line))
    missing = words - content(talk.sentences[at][1])
    return len(missing & content(talk.sentences[other][1])) >= _TELLS * max(1, len(words))


def fitted(rows: Rows, shrink: float) -> Logistic:
    """Logistic regression: the same rows give the same weights."""
    features, wanted = np.array(rows.features), np.array(rows.wanted, dtype=float)
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    inputs = np.clip((features - mean) / spread, -FARTHEST, FARTHEST)
    inputs = np.concatenate([inputs, np.ones((len(inputs), 1))], axis=1)
    shrinks = np.full(inputs.shape[1], shrink)
    shrinks[-1] = 0.0  # the constant stays as it is

    def slope(weights: Numbers) -> Numbers:
        error = (1 / (1 + np.exp(-inputs @ weights)) - wanted) / len(wanted)
        downhill: Numbers = inputs.T @ error + shrinks * weights
        return downhill

    weights = descended(slope, np.zeros(inputs.shape[1]), _STEPS, _RATE)
    return Logistic(weights[:-1], mean, spread, float(weights[-1]))


def learnt(talks: Sequence[Talk], data: Sequence[Example]) -> Models:
    """The models that these talks make. `data`: what the models of what sentences do may learn."""
    names = sorted(talk.name for talk in talks)
    halves = (set(names[::2]), set(names[1::2]))
    known = {e.group for e in data} - set(names)
    acts = [trained([e for e in data if e.group in half or e.group in known]) for half in halves]
    seen = {talk.name: seen_in(talk, acts[talk.name in halves[0]]) for talk in talks}
    models: dict[str, Logistic] = {}
    for kind in ("action", "decision"):
        makes = dict[str, Numbers]()
        for half in halves:
            judge = fitted(_of_makers([t for t in talks if t.name not in half], seen, kind), _SHRINKS["makes"])
            makes |= {name: _judged(judge, seen[name]) for name in half}
        models[f"{kind}.makes"] = fitted(_of_makers(talks, seen, kind), _SHRINKS["makes"])
        for what in ("tells", "dates") if kind == "action" else ("tells",):
            models[f"{kind}.{what}"] = fitted(_beside(talks, seen, makes, kind, what), _SHRINKS[what])
    return models


def _judged(judge: Logistic, seen: Sequence[Seen]) -> Numbers:
    return judge.likelihoods(np.array([features_around(seen, at) for at in range(len(seen))]))


def average_precision(likely: Numbers, wanted: Sequence[bool]) -> float:
    """Mean precision at each row that is wanted, the likeliest first."""
    hits = np.array(wanted)[np.argsort(-likely, kind="stable")]
    precise = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(precise[hits].mean())


def judge(talks: Sequence[Talk], acts: LinearModel, models: Models) -> Iterator[str]:
    """A line of figures for each model, on talks that none of them has learnt."""
    seen = {talk.name: seen_in(talk, acts) for talk in talks}
    for name in sorted(models):
        kind, _, what = name.partition(".")
        judge = models[f"{kind}.makes"]
        makes = {talk.name: _judged(judge, seen[talk.name]) for talk in talks}
        rows = _of_makers(talks, seen, kind) if what == "makes" else _beside(talks, seen, makes, kind, what)
        precision = average_precision(models[name].likelihoods(np.array(rows.features)), rows.wanted)
        yield f"  {name:16} {sum(rows.wanted):>5} of {len(rows.wanted):<6} average precision {precision:.3f}"


def packed(models: Models) -> dict[str, Numbers]:
    """The arrays of a file."""
    return {
        f"{name}.{part}": np.asarray(getattr(model, part), dtype=np.float32)
        for name, model in models.items()
        for part in ("weights", "mean", "spread", "bias")
    }


def main() -> None:
    """Judge the models, or write their weights."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--train", action="store_true", help="write the weights that are shipped")
    options.add_argument("--keep", type=Path, metavar="FILE", help="keep what is judged")
    chosen = options.parse_args()
    linked, data = [talk for talk in talks_of() if talk.lines is not None], examples()
    if chosen.train:
        np.savez_compressed(WEIGHTS, **packed(learnt(linked, data)))  # type: ignore[arg-type]
        print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size / 1024:.0f} KB")
        return
    kept: dict[str, tuple[LinearModel, Models]] = {}
    for author in AUTHORS:
        other = [talk for talk in linked if not talk.name.startswith(author)]
        rest = [e for e in data if not e.group.startswith(author)]
        kept[author] = trained(rest), learnt(other, rest)
        print(author, *judge([t for t in linked if t.name.startswith(author)], *kept[author]), sep="\n", flush=True)
    if chosen.keep:
        chosen.keep.write_bytes(pickle.dumps(kept))


if __name__ == "__main__":
    main()
