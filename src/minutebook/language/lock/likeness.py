"""When a word of a line is a word of its evidence, spelt otherwise."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from minutebook.language.talk.people import sounds_alike
from minutebook.language.text.words import Number

_NAME_LIKENESS = 0.7
_PART = 4
"""Letters of the shortest part of a compound."""
_ATTACHED = re.compile(r"^(?:[cdjlmnst]|qu)'(?=\w)|-(?:t-)?(?:ils?|elles?|on|tu|vous|nous|je)$")


def heard_as(word: str, name: str) -> bool:
    """Whether a word is a name as a recogniser may have heard it."""
    return SequenceMatcher(None, name, word.casefold()).ratio() >= _NAME_LIKENESS or sounds_alike(word, name)


def is_carried(word: str, carried: set[str]) -> bool:
    """Whether a stem is among the carried ones, or shares a long beginning with one ("approval", "approve")."""
    return word in carried or any(
        len(shared := common_start(word, other)) >= 5 and len(shared) >= 0.7 * max(len(word), len(other))
        for other in carried
    )


def is_compound(word: str, carried: set[str]) -> bool:
    """Whether a word is made of two carried ones, or ends one: "Messestand" of "Messe" and "Stand"."""
    if len(word) >= _PART and any(other.endswith(word) for other in carried):
        return True
    for cut in range(_PART - 1, len(word) - _PART + 2):
        head, tail = word[:cut], word[cut:]
        if is_carried(tail, carried) and (is_carried(head, carried) or is_carried(head.removesuffix("s"), carried)):
            return True
    return False


def with_readings(numbers: Sequence[Number]) -> Iterator[Number]:
    """Numbers, and what two in a row may say as one: "four fifty" is 450 or 4.50, "nineteen sixteen" 1916."""
    yield from numbers
    for one, two in pairwise(numbers):
        if one.last == two.first and 1 <= one.value < 100 and 10 <= two.value < 100:
            yield Number(one.value * 100 + two.value, one.first, two.last)
            yield Number(round(one.value + two.value / 100, 2), one.first, two.last)


def is_time(word: str, numbers: set[float]) -> bool:
    """Whether a word is a time of day ("6:30") whose numbers are cited."""
    parts = re.fullmatch(r"(\d{1,2})[:.h](\d\d)", word)
    return parts is not None and {float(parts[1]), float(parts[2])} <= numbers


def plain(word: str) -> str:
    """A word without what French hangs on it: "d'août" is "août", "vaut-il" is "vaut"."""
    return _ATTACHED.sub("", word)


def common_start(one: str, other: str) -> str:
    """The letters with which both begin."""
    size = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:size]
