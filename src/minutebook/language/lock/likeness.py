"""When a word of a line is a word of its evidence, spelt otherwise."""

import re
from difflib import SequenceMatcher

from minutebook.language.talk.people import sounds_alike

_NAME_LIKENESS = 0.7
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
