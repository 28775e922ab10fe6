"""`python -m bench.acts`: the linear model of what sentences do, trained and judged.

Data: `bench/data/utterances/LANGUAGE.txt`, frames with slots, written for this; every frame is filled several times.
`development.txt` labels the sentences of the open half of the blind meetings, `bench/data/talks` holds labelled talks.
Without an option the model is judged: each style held out once, each development meeting, and the talks that are kept
back. `--train` writes the weights that are shipped.
"""

import argparse
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.descent import descended
from bench.labelled import Talk, is_kept_back, spoken, talks_of
from bench.notes_scoring import load
from minutebook.language.lexicon import lexicon_of
from minutebook.language.talk import likelihood
from minutebook.language.talk.likelihood import DIMENSIONS, Label, LinearModel, features_of, place
from minutebook.language.talk.mending import mended
from minutebook.language.talk.moves import Move, moves_of
from minutebook.language.talk.people import people_of
from minutebook.language.talk.sentences import sentences_of
from minutebook.language.text.words import PUNCTUATION
from minutebook.transcript.model import Segment, Speaker, Transcript

DATA = Path(__file__).parent / "data"
WEIGHTS = Path(likelihood.__file__).with_name("likelihood.npz")
_FILLINGS = 5
"""Times a frame with slots is filled."""
_STEPS, _RATE, _DECAY = 100, 0.3, 2e-5
_MEETING_WEIGHT = 2.0
"""What a sentence of a whole meeting counts beside a written frame."""
_TALK_WEIGHT = 0.3
_FIRST = (Label.COMMIT, Label.REQUEST, Label.DECIDE, Label.WITHDRAW, Label.ACCEPT, Label.PROPOSE, Label.QUESTION,
          Label.JOKE)  # fmt: skip
"""Of a sentence that does several things, what is learnt: what makes a line of a note comes first."""
_SLOT = re.compile(r"\{(\w+)\}")
_NAMES = ("Anna", "Peter", "Sam", "Priya", "Mateo", "Joanne", "Ife", "Tomasz", "Jonas", "Mehmet", "Sabine", "Lucas",
          "Karim", "Sophie", "Ana", "Pablo", "Carmen", "Rosa")  # fmt: skip


@dataclass(frozen=True)
class Example:
    """One labelled sentence; `group` is what is held out together, `weight` what it counts."""

    text: str
    label: Label
    group: str
    weight: float
    features: tuple[str, ...]


def utterances(language: str) -> list[tuple[int, str, str, Label, str, float]]:
    """Number, frame, text, label, style and weight of a language's frames, each filled alike every time."""
    slots: dict[str, list[str]] = {}
    found: list[tuple[int, str, str, Label, str, float]] = []
    label, style = Label.NONE, ""
    lines = (DATA / "utterances" / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if line.startswith("# "):
            name, _, style = line[2:].partition(" ")
            label = Label(name) if name != "slots" else label
        elif " = " in line and line.startswith("{"):
            name, _, values = line.partition(" = ")
            slots[name.strip("{}")] = values.split(" | ")
        elif line:
            filled = _filled(line, slots)
            found += [(number, line, text, label, style, 1.0 / len(filled)) for text in filled]
    return found


def _filled(frame: str, slots: dict[str, list[str]]) -> list[str]:
    chance = random.Random(frame)
    texts = dict.fromkeys(_once(frame, slots, chance) for _ in range(_FILLINGS if "{" in frame else 1))
    return list(texts)


def _once(frame: str, slots: dict[str, list[str]], chance: random.Random) -> str:
    text = frame
    while _SLOT.search(text):
        text = _SLOT.sub(lambda match: chance.choice(slots[match[1]]), text)
    return text[:1].upper() + text[1:] if frame[:1].isupper() or frame.endswith((".", "?")) else text


def examples() -> list[Example]:
    """Everything there is to learn from."""
    found = [e for language in ("en", "de", "fr", "es") for e in _written(language)]
    return [*found, *_of_meetings(), *(e for talk in talks_of() for e in of_talk(talk))]


def _written(language: str) -> Iterator[Example]:
    lexicon = lexicon_of(language)
    for number, frame, text, label, style, weight in utterances(language):
        literal = lexicon.stopwords | set(lexicon.words.normal_words(_SLOT.sub(" ", frame))) | PUNCTUATION
        segment = Segment("speaker_1", 0.0, 5.0, text, ())
        transcript = Transcript(language, 5.0, (Speaker("speaker_1", "Speaker 1", 5.0),), (segment,))
        sentences = sentences_of(transcript)
        people = people_of(transcript, sentences, _NAMES, lexicon)
        moves = moves_of(sentences, people, lexicon)
        for sentence in sentences[-1:]:
            features = features_of(sentence, people, lexicon, (m for m in moves if m.sentence is sentence))
            features = tuple(f for f in features if _of_frame(f, literal))
            yield Example(text, label, _group(language, style, number), weight, features)


def _of_frame(feature: str, literal: frozenset[str]) -> bool:
    """Whether a feature has a word of the frame itself: what only fills a slot says nothing about a label."""
    words = feature.lstrip("^").split("_")
    return ":" in feature or feature in ("asks", "timed") or any(w in literal or w in ("@", "$") for w in words)


def _group(language: str, style: str, frame: int) -> str:
    """What is held out together: a style, and of the largest one a fifth of its frames."""
    return f"{language} {style} {frame % 5}" if style == "plain" else f"{language} {style}"


def _of_meetings() -> Iterator[Example]:
    labels = _labels()
    for meeting in load(DATA / "meetings" / "development"):
        transcript = mended(meeting.transcript())
        lexicon = lexicon_of(transcript.language)
        sentences = sentences_of(transcript)
        people = people_of(transcript, sentences, meeting.people, lexicon)
        moves = moves_of(sentences, people, lexicon)
        for sentence in sentences:
            plain = Label.QUESTION if sentence.is_question else Label.NONE
            label = labels.get((meeting.name, sentence.index), plain)
            features = features_of(sentence, people, lexicon, (m for m in moves if m.sentence is sentence))
            yield Example(sentence.text, label, meeting.name, _MEETING_WEIGHT, features)


def of_talk(talk: Talk) -> Iterator[Example]:
    """A labelled talk's sentences; of several labels the one counts that stands first in `_FIRST`."""
    lexicon = lexicon_of(talk.language)
    sentences, people = spoken(talk)
    moves: dict[int, list[Move]] = {}
    for move in moves_of(sentences, people, lexicon):
        moves.setdefault(move.sentence.index, []).append(move)
    for sentence, (_, text, labels) in zip(sentences, talk.sentences, strict=True):
        label = next((label for label in _FIRST if label in labels), Label.NONE)
        yield Example(
            text, label, talk.name, _TALK_WEIGHT, features_of(sentence, people, lexicon, moves.get(sentence.index, ()))
        )


def _labels() -> dict[tuple[str, int], Label]:
    lines = (DATA / "utterances" / "development.txt").read_text(encoding="utf-8").splitlines()
    found: dict[tuple[str, int], Label] = {}
    for line in lines:
        if not line.startswith("#"):
            what, _, numbers = line.partition(": ")
            meeting, label = what.split()
            found |= {(meeting, int(number)): Label(label) for number in numbers.split()}
    return found


def trained(data: Sequence[Example]) -> LinearModel:
    """Multinomial logistic regression: the same data give the same weights."""
    sizes = np.array([len(e.features) for e in data])
    places = np.concatenate([[place(f) for f in e.features] for e in data])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    unit = (1.0 / np.sqrt(sizes))[:, None]
    wanted = np.array([[e.label is label for label in Label] for e in data], dtype=float)
    weight = np.array([e.weight for e in data])[:, None]
    weight = weight / weight.sum()

    def slope(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        scores = np.add.reduceat(weights[places], starts) * unit + weights[-1]
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        error = weight * (odds / odds.sum(axis=1, keepdims=True) - wanted)
        spread = np.repeat(error * unit, sizes, axis=0)
        columns = [np.bincount(places, spread[:, k], DIMENSIONS + 1) for k in range(len(Label))]
        down: NDArray[np.float64] = np.array(columns, dtype=np.float64).T
        down[:-1] += _DECAY * weights[:-1]
        down[-1] = error.sum(axis=0)
        return down

    weights = descended(slope, np.zeros((DIMENSIONS + 1, len(Label))), _STEPS, _RATE)
    return LinearModel(weights[:-1].astype(np.float32), weights[-1].astype(np.float32))


def packed(model: LinearModel) -> dict[str, NDArray[np.float32] | NDArray[np.int8]]:
    """The weights in 8 bits."""
    scale = np.abs(model.weights).max(axis=0) / 127
    return {
        "weights": np.round(model.weights / scale).astype(np.int8),
        "scale": scale.astype(np.float32),
        "bias": model.bias,
    }


def judged(model: LinearModel, data: Sequence[Example]) -> Counter[tuple[Label, Label]]:
    """How often each label was taken for each."""
    counted: Counter[tuple[Label, Label]] = Counter()
    for example in data:
        likely = model.likelihoods(example.features)
        counted[example.label, max(likely, key=lambda k: likely[k])] += 1
    return counted


def _cross(data: Sequence[Example], groups: Sequence[str]) -> Counter[tuple[Label, Label]]:
    counted: Counter[tuple[Label, Label]] = Counter()
    for group in groups:
        model = trained([e for e in data if e.group != group])
        held = judged(model, [e for e in data if e.group == group])
        right = sum(n for (told, found), n in held.items() if told is found)
        print(f"  {group:22} {right:>4} of {held.total():<4} right")
        counted += held
    return counted


def _table(counted: Counter[tuple[Label, Label]]) -> None:
    for label in Label:
        told = sum(n for (t, _), n in counted.items() if t is label)
        found = sum(n for (_, f), n in counted.items() if f is label)
        right = counted[label, label]
        print(f"  {label:10} recall {right}/{told} {right / max(told, 1):.2f}  precision {right / max(found, 1):.2f}")


def main() -> None:
    """Judge the model, or write its weights."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--train", action="store_true", help="write the weights that are shipped")
    options.add_argument("--without-kept-back", action="store_true", help="… of all but the talks that judge them")
    chosen = options.parse_args()
    data = examples()
    talks = {talk.name for talk in talks_of()}
    meetings = list(dict.fromkeys(e.group for e in data if e.weight == _MEETING_WEIGHT))
    styles = list(dict.fromkeys(e.group for e in data if e.group not in talks and e.weight < _MEETING_WEIGHT))
    print(f"{len(data)} sentences, {len(styles)} styles, {len(meetings)} meetings, {len(talks)} talks")
    kept_back = {name for name in talks if is_kept_back(name)}
    if chosen.train:
        if chosen.without_kept_back:
            data = [e for e in data if e.group not in kept_back]
        np.savez_compressed(WEIGHTS, **packed(trained(data)))  # type: ignore[arg-type]
        print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size / 1024:.0f} KB")
        return
    print("talks that are kept back:")
    model = trained([e for e in data if e.group not in kept_back])
    _table(judged(model, [e for e in data if e.group in kept_back]))
    for what, groups in (("styles", styles), ("meetings", meetings)):
        print(f"each of the {what} held out once:")
        _table(_cross(data, groups))


if __name__ == "__main__":
    main()
