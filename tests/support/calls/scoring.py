"""How well a call was written down: word errors, and words that carry the right name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from support.calls.talk import Talk

SPELLINGS = {"mr": "mister", "ten": "10", "flavour": "flavor"}


@dataclass(frozen=True, slots=True)
class Said:
    """A recognised word. Times are seconds from the beginning of the talk."""

    name: str
    text: str
    start_s: float
    end_s: float


def normalised(text: str) -> list[str]:
    """Words in lower case without punctuation, some spellings made one."""
    words = re.findall(r"[a-z0-9']+", text.lower().replace("’", "'"))
    return [SPELLINGS.get(word, word) for word in words]


def aligned(reference: Sequence[str], heard: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """The pairs of places of a least-cost alignment (Levenshtein); None where a side has no word."""
    cost = [[row + column for column in range(len(heard) + 1)] for row in range(len(reference) + 1)]
    for row in range(1, len(reference) + 1):
        for column in range(1, len(heard) + 1):
            change = cost[row - 1][column - 1] + (reference[row - 1] != heard[column - 1])
            cost[row][column] = min(change, cost[row - 1][column] + 1, cost[row][column - 1] + 1)
    pairs: list[tuple[int | None, int | None]] = []
    row, column = len(reference), len(heard)
    while row or column:
        both = (
            row
            and column
            and cost[row][column] == cost[row - 1][column - 1] + (reference[row - 1] != heard[column - 1])
        )
        if both:
            row, column = row - 1, column - 1
            pairs.append((row, column))
        elif row and cost[row][column] == cost[row - 1][column] + 1:
            row -= 1
            pairs.append((row, None))
        else:
            column -= 1
            pairs.append((None, column))
    return pairs[::-1]


def errors(reference: str, heard: str) -> tuple[int, int]:
    """Word errors, and words of the reference."""
    spoken, found = normalised(reference), normalised(heard)
    pairs = aligned(spoken, found)
    wrong = sum(here is None or there is None or spoken[here] != found[there] for here, there in pairs)
    return wrong, len(spoken)


def word_error_rate(talk: Talk, heard: Sequence[Said]) -> float:
    """Percent over the whole talk, speaker by speaker: a word under a wrong name counts twice."""
    names = {line.name for line in talk.lines} | {word.name for word in heard}
    counts = [errors(talk.words_of(name), " ".join(w.text for w in heard if w.name == name)) for name in names]
    return 100 * sum(wrong for wrong, _ in counts) / sum(words for _, words in counts)


@dataclass(frozen=True, slots=True)
class Attribution:
    """Recognised words, and those among them that carry a wrong name (or none)."""

    words: int
    wrong: Sequence[Said]

    @property
    def right_percent(self) -> float:
        return 100 * (1 - len(self.wrong) / max(1, self.words))


EARLY_S, LATE_S = 0.5, 1.5
"""How far a word may lie before and behind its utterance: a busy machine delivers sound late."""


def attribution(talk: Talk, heard: Sequence[Said]) -> Attribution:
    """A word's name is right when that person speaks at its middle; where others do too, when the word also has a place
    in what that person says (it is no insertion there)."""
    return Attribution(len(heard), [word for word in heard if not _is_right(talk, heard, word)])


def _is_right(talk: Talk, heard: Sequence[Said], word: Said) -> bool:
    speaking = talk.speaking_at((word.start_s + word.end_s) / 2, EARLY_S, LATE_S)
    if word.name not in speaking:
        return False
    return speaking == {word.name} or _has_a_place(talk, heard, word)


def _has_a_place(talk: Talk, heard: Sequence[Said], word: Said) -> bool:
    own = [(place, text) for place in heard if place.name == word.name for text in normalised(place.text)]
    pairs = aligned(normalised(talk.words_of(word.name)), [text for _, text in own])
    placed = [own[there][0] for here, there in pairs if here is not None and there is not None]
    return any(each is word for each in placed)
