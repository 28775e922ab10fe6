"""`python -m bench.wording`: the model by which the lock judges a line's own words, trained and judged.

True lines of the sets that have been read (the even half of `bench/data/judging`, all of its `second/`) are examples of
what is carried, and so are lines that quote. Of each, lines that are not carried are made: one of its words replaced by
a word of another line, two of them, and the line laid beside the words of another case. False lines of the sets count
where a name is wrong in them. Without an option each of ten groups of cases is held out once; `--train` writes the
weights that are shipped.
"""

import argparse
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.judging import DATA, cases, item_of, spoken_of
from minutebook.language.lexicon import lexicon_of
from minutebook.language.lock import wording
from minutebook.language.lock.wording import Wording

WEIGHTS = Path(wording.__file__).with_name("wording.toml")
_FOLDS, _STEPS, _RATE, _DECAY = 10, 4000, 0.5, 1e-3
Case = dict[str, Any]
_MOST_REFUSED = 0.02
"""Share of true lines, each held out once, that the threshold may refuse."""


@dataclass(frozen=True)
class Example:
    """A line and what the model sees of it; `group` is what is held out together."""

    group: int
    kind: str
    text: str
    features: Mapping[str, float]

    @property
    def carried(self) -> bool:
        return self.kind == "true"


def examples() -> list[Example]:
    """Everything to learn from, the same every time."""
    chance = random.Random(7)
    true = [*cases(DATA / "lock_true.jsonl", 0), *cases(DATA / "second" / "lock_true.jsonl", None)]
    false = [*cases(DATA / "lock_false.jsonl", 0), *cases(DATA / "second" / "lock_false.jsonl", None)]
    found: list[Example] = []
    for number, case in enumerate(true):
        group, others = number % _FOLDS, [c for c in true if c is not case and c["lang"] == case["lang"]]
        found += _of(case, "true", group)
        for _ in range(4):
            found += _made(case, chance.choice(others), 1, chance, group)
        found += _made(case, chance.choice(others), 2, chance, group)
        found += _of(case | {"lines": chance.choice(others)["lines"]}, "elsewhere", group)
    named = (c for c in false if c["fault"] == "name")
    return found + [e for number, c in enumerate(named) for e in _of(c, "name", number % _FOLDS)]


def _of(case: Case, kind: str, group: int) -> Iterator[Example]:
    """The example of a case, where it is the model that decides."""
    transcript = spoken_of(case)
    judge = Wording(lexicon_of(case["lang"]), transcript)
    item = item_of(case, transcript)
    if judge.decides(item):
        yield Example(group, kind, item.text, judge.features(item))


def _made(case: Case, other: Case, many: int, chance: random.Random, group: int) -> list[Example]:
    return [e for made in _replaced(case, other, many, chance) for e in _of(made, "replaced", group)]


def _replaced(case: Case, other: Case, many: int, chance: random.Random) -> Iterator[Case]:
    """The case with words of its line, which were said, replaced by words of another line of the same spelling."""
    words = Wording(lexicon_of(case["lang"]), spoken_of(case))
    written = case["item"]["text"].split()
    said = {w for line in case["lines"] for w in words.content_words(line["text"])}
    places = [n for n, w in enumerate(written) if (c := words.content_words(w)) and c[0] in said and n]
    fillers = [w.strip(".,;:?!") for w in other["item"]["text"].split()[1:] if words.content_words(w)]
    german = case["lang"] == "de"
    for at in chance.sample(places, min(many, len(places))):
        fitting = [w for w in fillers if w[0].isupper() == (german and written[at][0].isupper())]
        if not fitting:
            return
        written[at] = chance.choice(fitting)
    if places:
        yield case | {"item": case["item"] | {"text": " ".join(written)}}


def fitted(data: Sequence[Example], names: Sequence[str]) -> NDArray[np.float64]:
    """Weights by gradient descent, both classes with the same weight altogether."""
    x = np.array([[e.features[n] for n in names] for e in data])
    y = np.array([float(e.carried) for e in data])
    balance = np.where(y == 1, 0.5 / max(1.0, y.sum()), 0.5 / max(1.0, (1 - y).sum()))
    weights = np.zeros(len(names))
    for _ in range(_STEPS):
        guess = 1 / (1 + np.exp(-x @ weights))
        weights -= _RATE * 10 * (x.T @ (balance * (guess - y)) + _DECAY * weights)
    return weights


def held_out(data: Sequence[Example], names: Sequence[str]) -> NDArray[np.float64]:
    """The likelihood of each example by a model that has not seen its group."""
    likely = np.zeros(len(data))
    for group in range(_FOLDS):
        weights = fitted([e for e in data if e.group != group], names)
        for n, e in enumerate(data):
            if e.group == group:
                likely[n] = 1 / (1 + np.exp(-float(np.array([e.features[k] for k in names]) @ weights)))
    return likely


def main() -> None:
    """Print what is refused, each group held out once; write the weights, where asked."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--train", action="store_true", help="write the weights that are shipped")
    chosen = options.parse_args()
    data = examples()
    names = list(data[0].features)
    likely = held_out(data, names)
    true = np.array([e.carried for e in data])
    total = len(cases(DATA / "lock_true.jsonl", 0)) + len(cases(DATA / "second" / "lock_true.jsonl", None))
    least = float(np.sort(likely[true])[round(_MOST_REFUSED * total)])
    for kind in ("true", "replaced", "elsewhere", "name"):
        mine = [p for e, p in zip(data, likely, strict=True) if e.kind == kind]
        print(f"{kind}: {sum(p < least for p in mine)} of {len(mine)} refused")
    weights = fitted(data, names)
    print(f"least {least:.3f}", {n: round(float(w), 2) for n, w in zip(names, weights, strict=True)})
    if chosen.train:
        rows = "\n".join(f"{n} = {w:.4f}" for n, w in zip(names, weights, strict=True))
        WEIGHTS.write_text(
            f"# Written by `python -m bench.wording --train`.\nleast = {least:.4f}\n\n[weights]\n{rows}\n",
            encoding="utf-8",
        )


if __name__ == "__main__":
    main()
