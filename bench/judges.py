"""`python -m bench.judges`: the models by which the lock judges lines in somebody's own words, judged and trained.

The model of whole lines learns the sets that have been read: the even half of `bench/data/judging`, its `second/` and
its `third/`. Those of owners, due dates and numbers learn the linked lines of `bench/data/talks`, and the same lines
with another person who is cited, another time or number that was said there. Without an option the model of whole lines
is made five times, each without a fifth of the cases, which it judges; the sets are told apart. `--train` writes the
weights that are shipped.
"""

import argparse
import random
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.descent import descended
from bench.judging import DATA, cases, item_of, spoken_of
from bench.labelled import Line, Talk, talks_of
from minutebook.language.lexicon import Lexicon, lexicon_of
from minutebook.language.lock import judge
from minutebook.language.lock.judge import SLOTS, Model, features_of_slot
from minutebook.language.lock.verify import Verifier

WEIGHTS = Path(judge.__file__).with_name("judge.toml")
_FOLDS, _STEPS, _RATE, _DECAY = 5, 150, 0.06, 3e-3
_FEWEST = 6
"""Examples that a feature has at least to get a weight."""
_REFUSED = {"owner": 0.08, "due": 0.05, "number": 0.05, "whole": 0.22}
"""Share of true lines with such a slot that each model may refuse, of `third/`."""
_FAULTS = {"owner": "owner", "due": "date", "number": "number"}
Case = dict[str, Any]


@dataclass(frozen=True)
class Example:
    """A case, what the models see of it, whether the lock leaves it to them, and what is held out together."""

    case: Case
    true: bool
    features: Mapping[str, float]
    group: int

    def slot(self, slot: str) -> Mapping[str, float]:
        return features_of_slot(slot, self.features)


def read_cases() -> Iterator[tuple[str, Case, bool]]:
    """The cases of the sets that have been read, with the name of the set and whether each is true."""
    for folder, half in ((DATA, 0), (DATA / "second", None), (DATA / "third", None)):
        for kind in ("true", "false"):
            for case in cases(folder / f"lock_{kind}.jsonl", half):
                yield folder.name, case, kind == "true"


def talked_cases() -> Iterator[tuple[Case, bool]]:
    """The tasks of the linked talks with what is cited for them, and each with a slot of another."""
    chance = random.Random(7)
    for talk in (t for t in talks_of() if t.lines is not None):
        rows = talk.expected()["actions"]
        lines = [line for line in talk.lines or () if line.kind == "action"]
        for line, (owner, text, due) in zip(lines, rows, strict=False):
            whole = next((p for p in talk.people if p.split()[0] == owner), None)
            item = {"kind": "action", "text": text, "owner": whole, "due": due}
            case = {"lang": talk.language, "lines": _cited(talk, line), "item": item, "talk": talk.name}
            yield case, True
            yield from ((c, False) for c in _falsified(case, lexicon_of(talk.language), chance))


def _cited(talk: Talk, line: Line) -> list[dict[str, str]]:
    cited: list[dict[str, str]] = []
    before = -2
    for at in sorted(line.members):
        speaker, text, _ = talk.sentences[at]
        if cited and cited[-1]["speaker"] == speaker and before == at - 1:
            cited[-1]["text"] += f" {text}"
        else:
            cited.append({"speaker": speaker, "text": text})
        before = at
    return cited


def _falsified(case: Case, lexicon: Lexicon, chance: random.Random) -> Iterator[Case]:
    item, lines, words = case["item"], case["lines"], lexicon.words
    others = [s for s in dict.fromkeys(line["speaker"] for line in lines) if s != item["owner"]]
    if item["owner"] and others:
        yield case | {"fault": "owner", "item": item | {"owner": chance.choice(others)}}
    parts = [part for line in lines for part in line["text"].split(", ")]
    told = [due.text for part in parts if (due := lexicon.dates.find_due(words.norm(part))) is not None]
    mine = set(words.normal_words(item["due"] or "")) - lexicon.stopwords
    times = [t for t in told if mine and not mine & set(t.split())]
    if times:
        yield case | {"fault": "date", "item": item | {"due": chance.choice(times)}}
    rows = [words.normal_words(line["text"]) for line in lines]
    numbers = [(n.value, " ".join(row[n.first : n.last])) for row in rows for n in words.numbers_in(row)]
    written = item["text"].split()
    for at, word in enumerate(written):
        values = [n.value for n in words.numbers_in(words.normal_words(word))]
        fitting = [said for value, said in numbers if values and value not in values and values != [1.0]]
        if fitting:
            text = " ".join([*written[:at], chance.choice(fitting), *written[at + 1 :]])
            yield case | {"fault": "number", "item": item | {"text": text}}
            return


def example_of(case: Case, true: bool) -> Example:
    """What the models see of a case; twins and lines of one talk are held out together."""
    transcript = spoken_of(case)
    features = Verifier(transcript).features(item_of(case, transcript))
    return Example(case, true, features, zlib.crc32(case.get("talk", case["lines"][0]["text"]).encode()) % _FOLDS)


def fitted(examples: Sequence[Example], slot: str) -> Model:
    """Weights by gradient descent, true and false with the same weight altogether."""
    rows = [e.slot(slot) for e in examples]
    counted = Counter(name for row in rows for name in row)
    names = sorted(name for name, many in counted.items() if many >= _FEWEST)
    x = np.array([[row.get(name, 0.0) for name in names] for row in rows])
    y = np.array([e.true for e in examples])
    balance = np.where(y, 0.5 / y.sum(), 0.5 / (~y).sum())

    def slope(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        error: NDArray[np.float64] = x.T @ (balance * (1 / (1 + np.exp(-x @ weights)) - y)) + _DECAY * weights
        return error

    weights = descended(slope, np.zeros(len(names)), _STEPS, _RATE)
    return Model({n: round(float(w), 3) for n, w in zip(names, weights, strict=True)}, -9.0)


def scores(model: Model, examples: Sequence[Example], slot: str) -> NDArray[np.float64]:
    """The score of each example; infinite where it has no such slot."""
    return np.array([model.score(row) if (row := e.slot(slot)) else np.inf for e in examples])


def held_out(examples: Sequence[Example]) -> NDArray[np.float64]:
    """The score of each whole line by a model that has not seen its group."""
    found = np.zeros(len(examples))
    for group in range(_FOLDS):
        model = fitted([e for e in examples if e.group != group], "whole")
        mine = [n for n, e in enumerate(examples) if e.group == group]
        found[mine] = scores(model, [examples[n] for n in mine], "whole")
    return found


def main() -> None:
    """Print what is refused, each group held out once; write the weights, where asked."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--train", action="store_true", help="write the weights that are shipped")
    chosen = options.parse_args()
    sets, read = zip(*((name, example_of(case, true)) for name, case, true in read_cases()), strict=True)
    talked = [example_of(case, true) for case, true in talked_cases()]
    models = {slot: fitted(_of_slot(talked, slot), slot) for slot in _FAULTS} | {"whole": fitted(read, "whole")}
    found = {slot: scores(models[slot], read, slot) for slot in _FAULTS} | {"whole": held_out(read)}
    judging = np.array([e.true and name == "third" for name, e in zip(sets, read, strict=True)])
    models = {s: Model(m.weights, _least(found[s][judging], _REFUSED[s])) for s, m in models.items()}
    refused = np.any([found[s] < m.least for s, m in models.items()], axis=0)
    for name in dict.fromkeys(sets):
        _print(name, [(e, bool(r)) for n, e, r in zip(sets, read, refused, strict=True) if n == name])
    if chosen.train:
        WEIGHTS.write_text(_written(models), encoding="utf-8")


def _of_slot(examples: Sequence[Example], slot: str) -> list[Example]:
    return [e for e in examples if e.slot(slot) and (e.true or e.case["fault"] == _FAULTS[slot])]


def _least(found: NDArray[np.float64], refused: float) -> float:
    return round(float(np.quantile(found[np.isfinite(found)], refused)), 3)


def _print(name: str, judged: Sequence[tuple[Example, bool]]) -> None:
    true = [refused for e, refused in judged if e.true]
    counted = Counter(e.case["fault"] for e, _ in judged if not e.true)
    caught = Counter(e.case["fault"] for e, refused in judged if not e.true and refused)
    told = ", ".join(f"{fault} {caught[fault]}/{many}" for fault, many in sorted(counted.items()))
    print(f"{name}: {sum(true)} of {len(true)} true refused, {caught.total()} of {counted.total()} caught: {told}")


def _written(models: Mapping[str, Model]) -> str:
    told = ["# Written by `python -m bench.judges --train`."]
    for slot in SLOTS:
        rows = "\n".join(f"{name} = {weight}" for name, weight in models[slot].weights.items() if weight)
        told.append(f"[{slot}]\nleast = {models[slot].least}\n\n[{slot}.weights]\n{rows}")
    return "\n\n".join(told) + "\n"


if __name__ == "__main__":
    main()
