"""Words that are expected: where something like one of them was heard in doubt, the recogniser is asked again. Pure.

A Whisper model that is told names before it listens hears them where nobody said them: ten names that nobody says cost
1.5 points of word errors on the development set (docs/benchmarks.md). So it listens first without, is asked again with
the words only where it was in doubt about something that sounds like one of them, and of what it then says only such a
word is taken.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Final

from jellyfish import jaro_winkler_similarity, metaphone

from minutebook.speech.ports import Recognised
from minutebook.transcript.model import Word

_EDGES: Final = ".,;:!?\"'“”‘’()[]…-"


@dataclass(frozen=True, slots=True)
class ExpectationRules:
    """A word under `doubtful` probability, alone or with the next one, is suspected when its `likeness` to an expected
    one (0 to 1) is that high; parts of names under `shortest` letters sound like too much else."""

    doubtful: float = 0.5
    likeness: float = 0.8
    shortest: int = 4


RULES: Final = ExpectationRules()
LEAST_SHARE: Final = 0.6
"""Of the longer of two words, the shorter one has at least this share: "that" is no Thandiwe."""


def likeness(one: str, other: str) -> float:
    """How alike two words sound and look, 0 to 1: the mean of both similarities (Jaro-Winkler), nothing for words of
    very different length."""
    shorter, longer = sorted((len(one), len(other)))
    if shorter < LEAST_SHARE * longer:
        return 0.0
    sound = jaro_winkler_similarity(metaphone(one), metaphone(other))
    return (sound + jaro_winkler_similarity(one.casefold(), other.casefold())) / 2


def suspected(words: Sequence[Word], expected: Collection[str], rules: ExpectationRules = RULES) -> list[str]:
    """The expected words that something heard in doubt may have been; none that was heard anyway."""
    parts = _parts(expected, rules)
    heard = {_bare(word.word) for word in words}
    doubts = list(_doubts(words, rules))
    suspects = (full for part, full in parts.items() if part not in heard and _is_like_any(part, doubts, rules))
    return list(dict.fromkeys(suspects))


def improved(
    first: Recognised, again: Recognised, expected: Collection[str], rules: ExpectationRules = RULES
) -> Recognised:
    """What was heard first, with expected words of the second hearing in place of doubtful ones that are like them."""
    before, after = [_bare(word.word) for word in first.words], [_bare(word.word) for word in again.words]
    parts, words = _parts(expected, rules), list[Word]()
    for kind, start, end, new_start, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        old = list(first.words[start:end])
        new = [word for word in again.words[new_start:new_end] if kind == "replace" and _bare(word.word) in parts]
        for word in new:
            old = _with(old, word, rules)
        words += old
    return Recognised(first.turn, tuple(words), first.levels if len(words) == len(first.words) else ())


def _with(old: list[Word], meant: Word, rules: ExpectationRules) -> list[Word]:
    """These words with the expected one in place of what was most like it, alone or two in a row, if that was
    doubtful."""
    runs = [(at, at + size) for size in (1, 2) for at in range(len(old) - size + 1)]
    alike = {run: likeness(_joined(old[slice(*run)]), _bare(meant.word)) for run in runs}
    best = max(runs, key=lambda run: alike[run], default=None)
    if best is None or alike[best] < rules.likeness:
        return old
    replaced = old[slice(*best)]
    if min(word.probability for word in replaced) >= rules.doubtful:
        return old
    word = replace(meant, start=replaced[0].start, end=replaced[-1].end)
    return [*old[: best[0]], word, *old[best[1] :]]


def _joined(words: Sequence[Word]) -> str:
    return "".join(_bare(word.word) for word in words)


def _doubts(words: Sequence[Word], rules: ExpectationRules) -> Iterator[str]:
    for position, word in enumerate(words):
        if word.probability < rules.doubtful:
            yield _bare(word.word)
            for pair in (words[position - 1 : position + 1], words[position : position + 2]):
                yield _joined(pair)


def _is_like_any(part: str, doubts: Sequence[str], rules: ExpectationRules) -> bool:
    return any(likeness(part, doubt) >= rules.likeness for doubt in doubts if len(doubt) >= rules.shortest)


def _parts(expected: Collection[str], rules: ExpectationRules) -> dict[str, str]:
    """The parts of expected words and names, each to the whole."""
    return {part: full for full in expected for each in full.split() if len(part := _bare(each)) >= rules.shortest}


def _bare(word: str) -> str:
    return word.replace("’", "'").removesuffix("'s").strip(_EDGES).casefold()
