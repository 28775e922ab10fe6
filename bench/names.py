"""`python -m bench.names`: the weights by which voices are named, judged and trained.

Each author's talks are judged by weights that have learnt the other authors' only. Each talk counts three times: with
the list of those who speak, with somebody missing on it, and with somebody on it who is not there but, where the talk
has such a one, is spoken of. `--train` writes the weights that are shipped.
"""

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.descent import descended
from bench.labelled import TALKS
from bench.notes_scoring import Meeting, load
from minutebook.language.lexicon import lexicon_of
from minutebook.language.talk import naming
from minutebook.language.talk.matching import Numbers, likelihoods
from minutebook.language.talk.mending import mended
from minutebook.language.talk.naming import STRANGER, SURE, features, seen_of
from minutebook.language.talk.people import bare, first_key
from minutebook.language.talk.sentences import sentences_of

WEIGHTS = Path(naming.__file__).with_name("naming.toml")
DEVELOPMENT = TALKS.parent / "meetings" / "development"
_AUTHORS = ("cl_", "co_", "pub_")
"""How the names of the English talks begin, by author; those in other languages are a fourth one's."""
_FEWEST = 5
"""Voices and names that have a feature at least, so that it gets a weight."""
_STEPS, _RATE, _SHRINK = 100, 0.1, 1e-3
_KNOWN = {"self: introduced": 6.0}
"""What is known without talks: hardly anybody introduces himself or herself, and who does is right."""


@dataclass(frozen=True)
class Example:
    """A talk's voices with the number of the name that each has in the list, None for strangers, what the talk shows of
    each voice and name, and the name of somebody who is not there."""

    meeting: str
    author: str
    names: Sequence[str]
    voices: Mapping[str, int | None]
    seen: Mapping[tuple[str, str], Mapping[str, float]]
    absent: str


def examples() -> list[Example]:
    """All that is learnt from."""
    talks = [(next((a for a in _AUTHORS if m.name.startswith(a)), "other languages"), m) for m in load(TALKS)]
    known = [*talks, *(("meetings", m) for m in load(DEVELOPMENT))]
    common = {word for _, m in known for turn in m.turns for word in _words(turn["text"]) if word.islower()}
    people = {first_key(person) for _, m in known for person in m.people}
    return [example_of(meeting, author, _absent(meeting, common, people)) for author, meeting in known]


def example_of(meeting: Meeting, author: str, absent: str) -> Example:
    """What a talk with known speakers teaches; `absent` is somebody who is not there."""
    transcript = meeting.transcript()
    names = [first_key(person) for person in meeting.people]
    told = seen_of(transcript, sentences_of(mended(transcript)), (*meeting.people, absent), (*names, absent.casefold()))
    voices = {voice: names.index(first_key(person)) for voice, person in meeting.voices(transcript).items()}
    seen = {of: features(mentions) for of, mentions in told.items()}
    return Example(meeting.name, author, names, voices, seen, absent.casefold())


def _words(text: str) -> list[str]:
    return [bare(word) for word in text.split()]


def _absent(meeting: Meeting, common: Set[str], people: Set[str]) -> str:
    """Somebody, or something that looks like it, who is spoken of but does not speak, by preference with a name that
    somebody else has: a word with a capital within a sentence. Where there is none, somebody who is not spoken of."""
    lexicon, here = lexicon_of(meeting.language), {first_key(person) for person in meeting.people}
    never = common | lexicon.never_names | lexicon.date_words | here
    pairs = (pair for turn in meeting.turns for pair in pairwise(turn["text"].split()))
    within = [bare(word) for before, word in pairs if before[-1] not in ".?!"]
    named = [w for w in within if w.isalpha() and w[0].isupper() and w[1:].islower() and w.casefold() not in never]
    if lexicon.nouns_have_capitals:
        named = [word for word in named if word.casefold() in people]
    return next((w for w in named if w.casefold() in people), next(iter(named), "somebody-who-is-not-there"))


def _variants(example: Example) -> Iterator[Example]:
    """The talk with other lists: somebody missing, somebody on it who is not there."""
    gone = random.Random(example.meeting).randrange(len(example.names))
    kept = [name for at, name in enumerate(example.names) if at != gone]
    without = {v: None if at is None or at == gone else at - (at > gone) for v, at in example.voices.items()}
    yield example
    yield replace(example, names=kept, voices=without)
    yield replace(example, names=(*example.names, example.absent))


@dataclass(frozen=True)
class Table:
    """Talks with lists of one length as arrays: rows of features, the talk, voice and name of each row, the log-odds of
    strangers, and who is who."""

    rows: Numbers
    places: tuple[NDArray[np.intp], ...]
    strangers: Numbers
    listed: NDArray[np.bool_]
    wanted: Numbers

    def likely(self, weights: Numbers) -> Numbers:
        """The probability of each name for each voice, by these weights."""
        scores = np.where(self.listed, 0.0, -np.inf)
        scores[self.places] = self.rows @ weights
        return likelihoods(scores, self.strangers)


def tables(examples: Sequence[Example], names: Sequence[str]) -> Iterator[tuple[Sequence[Example], Table]]:
    """The talks by the length of their lists; `names` are the features."""
    number = {name: at for at, name in enumerate(names)}
    for length in sorted({len(e.names) for e in examples}):
        talks = [e for e in examples if len(e.names) == length]
        shape = (len(talks), max(len(e.voices) for e in talks), length)
        strangers, listed, wanted = np.zeros(shape[:2]), np.zeros(shape, dtype=bool), np.zeros(shape)
        rows, places = list[Numbers](), list[tuple[int, int, int]]()
        for talk, example in enumerate(talks):
            for voice, (who, own) in enumerate(example.voices.items()):
                strangers[talk, voice], listed[talk, voice] = STRANGER, True
                if own is not None:
                    wanted[talk, voice, own] = 1.0
                for name, key in enumerate(example.names):
                    if (who, key) in example.seen:
                        row = np.zeros(len(names))
                        told = [(number[f], v) for f, v in example.seen[who, key].items() if f in number]
                        row[[at for at, _ in told]] = [value for _, value in told]
                        rows.append(row)
                        places.append((talk, voice, name))
        at = tuple(np.array(places, dtype=np.intp).reshape(-1, len(shape)).T)
        yield talks, Table(np.array(rows).reshape(-1, len(names)), at, strangers, listed, wanted)


def fitted(examples: Sequence[Example]) -> dict[str, float]:
    """Weights that make who is who in these talks likely: the same talks give the same weights."""
    counted = Counter(name for e in examples for row in e.seen.values() for name in row)
    names = sorted(name for name, many in counted.items() if many >= _FEWEST)
    made = [table for _, table in tables([v for e in examples for v in _variants(e)], names)]
    voices = sum(float((table.strangers != 0).sum()) for table in made)
    known = np.array([_KNOWN.get(name, 0.0) for name in names])

    def slope(weights: Numbers) -> Numbers:
        downhill: Numbers = _SHRINK * (weights - known)
        for table in made:
            downhill = downhill + table.rows.T @ (table.likely(weights) - table.wanted)[table.places] / voices
        return downhill

    weights = descended(slope, known, _STEPS, _RATE)
    return {name: round(float(weight), 2) for name, weight in zip(names, weights, strict=True)}


def judged(examples: Sequence[Example], weights: Mapping[str, float]) -> Counter[str]:
    """How many voices are named rightly, wrongly, and how many there are."""
    names, count = list(weights), Counter[str]()
    values = np.array(list(weights.values()))
    for talks, table in tables(examples, names):
        likely = table.likely(values)
        for talk, example in enumerate(talks):
            for voice, own in enumerate(example.voices.values()):
                best = int(likely[talk, voice].argmax())
                count["voices"] += 1
                if likely[talk, voice, best] >= SURE:
                    count["right" if best == own else "wrong"] += 1
    return count


def main() -> None:
    """Judge the weights on authors they have not learnt, or write them."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--train", action="store_true", help="write the weights that are shipped")
    chosen = options.parse_args()
    known = examples()
    if chosen.train:
        WEIGHTS.write_text(_written(fitted(known)), encoding="utf-8")
        print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size / 1024:.0f} KB")
        return
    for author in dict.fromkeys(e.author for e in known):
        weights = fitted([e for e in known if e.author != author])
        lists = zip(*(_variants(e) for e in known if e.author == author), strict=True)
        told = (judged(theirs, weights) for theirs in lists)
        print(author, *(f"{c['right']} of {c['voices']} named, {c['wrong']} wrong" for c in told), sep="; ", flush=True)


def _written(weights: Mapping[str, float]) -> str:
    sections: dict[str, list[str]] = {}
    for name, weight in weights.items():
        where, _, mark = name.partition(": ")
        if weight:
            sections.setdefault(where, []).append(f"{json.dumps(mark)} = {weight}")
    told = [f"[{json.dumps(where)}]\n" + "\n".join(rows) for where, rows in sections.items()]
    return "\n\n".join(["# Written by `python -m bench.names --train`.", *told]) + "\n"


if __name__ == "__main__":
    main()
