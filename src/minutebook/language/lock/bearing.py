"""How surely something is said, in line and talk, and how others answer it, as figures for a model."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from minutebook.language.lock.reading import Reading
from minutebook.language.model import ItemKind

_PHRASES = (
    "hedged", "certain", "overriding", "together", "happened", "only", "on_condition", "unless_so", "at_a_time",
    "wishes",
)  # fmt: skip
_REACH = 4
"""Words before another among which a negation denies it."""
_MANY, _LONG_LINE, _LONG_SENTENCE, _LONG_ANSWER = 3, 16, 40, 12


def bearing_features(reading: Reading) -> Mapping[str, float]:
    """Everything that says how the line bears itself towards what is cited."""
    return {**dict(_phrases(reading)), **dict(_answers(reading)), **_shape(reading), **_denials(reading)}


def _bit(value: object) -> str:
    return "1" if value else "0"


def _phrases(reading: Reading) -> Iterator[tuple[str, float]]:
    """For each way of saying something, whether line, best sentence, its best part, any or a later one has it."""
    lexicon, about, line = reading.lexicon, reading.about, reading.norm
    best = _best_parts(reading)
    for phrase in _PHRASES:
        mine, there = lexicon.matches(phrase, line), lexicon.matches(phrase, about.norm)
        anywhere = any(lexicon.matches(phrase, t.norm) for t in reading.told)
        part = any(lexicon.matches(phrase, lexicon.words.norm(p)) for p in best)
        yield f"{phrase}_{_bit(mine)}{_bit(there)}{_bit(anywhere)}", 1.0
        yield f"{phrase}_line_{_bit(mine)}{_bit(anywhere)}", 1.0
        yield f"{phrase}_part_{_bit(mine)}{_bit(part)}", 1.0
        yield f"{phrase}_later", float(any(lexicon.matches(phrase, t.norm) for t in reading.after))
    pattern = lexicon.phrases.get("hedged")
    many = min(sum(1 for _ in pattern.finditer(about.norm)), _MANY) / _MANY if pattern else 0.0
    yield "hedges", many
    yield "hedges_lost", 0.0 if lexicon.matches("hedged", line) else many


def _best_parts(reading: Reading) -> list[str]:
    parts = [(len(reading.wanted & reading.content(p)), p) for t in reading.told for p in t.parts]
    most = max(shared for shared, _ in parts)
    return [p for shared, p in parts if shared == most]


def _answers(reading: Reading) -> Iterator[tuple[str, float]]:
    """What others say after the best sentence."""
    lexicon, about = reading.lexicon, reading.about
    others = [t for t in reading.after if t.speaker != about.speaker]
    yes = any(lexicon.matches("says_yes", t.norm) for t in others)
    no = any(lexicon.matches("says_no", t.norm) for t in others)
    yield f"answer_{_bit(about.asks)}{_bit(yes)}{_bit(no)}{_bit(reading.after)}", 1.0
    denies = any(w in lexicon.negators for w in reading.words)
    if others:
        first = others[0]
        said = _bit(lexicon.matches("says_yes", first.norm)) + _bit(lexicon.matches("says_no", first.norm))
        yield f"first_answer_{_bit(about.asks)}{said}{_bit(denies)}", 1.0
        yield "answer_long", min(len(first.words), _LONG_ANSWER) / _LONG_ANSWER
        yield "answer_asks", float(first.asks)
        if reading.item.kind is ItemKind.QUESTION:
            yield "question_answered", float(not lexicon.matches("hedged", first.norm) and not first.asks)
            yield "answer_shares", float(bool(reading.wanted & first.stems))
    last = reading.told[-1]
    said = _bit(lexicon.matches("says_yes", last.norm)) + _bit(lexicon.matches("says_no", last.norm))
    yield f"last_{said}{_bit(last.asks)}{_bit(lexicon.matches('hedged', last.norm))}", 1.0
    voices = {t.speaker for t in reading.told}
    yield "once", float(len(voices) == 1 and not reading.after)
    plain = lexicon.matches("together", about.norm) and not about.asks and not lexicon.matches("hedged", about.norm)
    yield "once_together", float(plain and not reading.after)
    yield f"voices_{min(len(voices), _MANY)}", 1.0
    if reading.item.kind is ItemKind.QUESTION:
        yield "question_unknown", float(any(lexicon.matches("unknown", t.norm) for t in reading.after))


def _shape(reading: Reading) -> dict[str, float]:
    """How long line and talk are, how much of the line is cited, and whether its words are in the order of the talk."""
    words, about = reading.lexicon.words, reading.about
    stems = [words.stem(w) for w in about.words]
    places = [stems.index(s) for w in reading.words if (s := words.stem(w)) in about.stems and s in stems]
    turned = sum(a > b for a, b in pairwise(places))
    said = frozenset[str]().union(*(t.stems for t in reading.told))
    size = max(1, len(reading.wanted))
    best = max(len(reading.wanted & reading.content(p)) for p in about.parts)
    return {
        "turned": turned / max(1, len(places) - 1),
        "in_order": float(len(places) > _MANY - 1 and not turned),
        "line_long": min(len(reading.words), _LONG_LINE) / _LONG_LINE,
        "about_long": min(len(about.words), _LONG_SENTENCE) / _LONG_SENTENCE,
        "uncited": len(reading.wanted - said) / size,
        "in_part": best / size,
        "in_sentence": len(reading.wanted & about.stems) / size,
        "sentences": min(len(reading.told), 2 * _MANY) / (2 * _MANY),
        "goes_on": float(bool(reading.after)),
    }


def _denials(reading: Reading) -> dict[str, float]:
    """Which words are denied in the line and not in the talk, and the other way round: "rejected" denies what a "no" in
    the talk denies."""
    negators, turns = reading.lexicon.negators, reading.lexicon.lists["denying"]
    line = _denied(reading.words, reading)
    rejects = any(w in turns for w in reading.words)
    said: dict[str, list[bool]] = {}
    for told in reading.told:
        for stem, ways in _denied(told.words, reading).items():
            said.setdefault(stem, []).extend(ways)
    both = line.keys() & said.keys()
    lost = 0 if rejects else sum(all(said[s]) and not any(line[s]) for s in both)
    added = sum(not any(said[s]) and all(line[s]) for s in both)
    denies, cited = _denies(reading.words, negators, turns), sum(t.negations for t in reading.told)
    parts = [_denies(reading.lexicon.words.normal_words(p), negators, turns) for p in _best_parts(reading)]
    return {
        f"denied_{_bit(denies)}{_bit(all(parts))}{_bit(any(parts))}": 1.0,
        "denial_lost": lost / max(1, len(both)),
        "denial_added": added / max(1, len(both)),
        "any_turned": float(lost + added > 0),
        "negations": min(cited, _MANY) / _MANY,
        "negations_lost": float(cited > 0 and not denies),
        "negations_added": float(cited == 0 and denies),
    }


def _denies(words: Iterable[str], negators: frozenset[str], turns: frozenset[str]) -> bool:
    """Whether a text denies: by a negation, or by a word like "rejected", but not by both ("did not reject")."""
    told = list(words)
    return any(w in negators for w in told) != any(w in turns for w in told)


def _denied(words: tuple[str, ...], reading: Reading) -> dict[str, list[bool]]:
    """For each word of the line's content in a text, whether a negation stands before it, each time."""
    found: dict[str, list[bool]] = {}
    for at, word in enumerate(words):
        stem = reading.lexicon.words.stem(word)
        if stem in reading.wanted and word not in reading.lexicon.stopwords:
            denied = any(w in reading.lexicon.negators for w in words[max(0, at - _REACH) : at])
            found.setdefault(stem, []).append(denied)
    return found
