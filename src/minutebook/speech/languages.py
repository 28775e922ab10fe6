"""Which language a recording is in: what is listened to, and what is made of the answers. Pure.

A recogniser tells the language of a stretch with a probability for each that it knows. Of 5 s of English speech about
one stretch in thirty is taken for something else, of 12 s none: so up to half a minute is heard before anything is
decided, and more where that leaves it open.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from minutebook.kit.languages import language_name
from minutebook.speech.units import join_turns
from minutebook.transcript.model import Turn

Span = tuple[float, float]
Probabilities = Mapping[str, float]
"""By ISO 639-1 code; they sum to at most 1."""

DEFAULT: Final = "en"


@dataclass(frozen=True, slots=True)
class LanguageRules:
    """How much is heard, and what is believed.

    A round hears up to `samples` stretches spread over the recording, `round_s` in all (what a Whisper model hears at
    once); there are at most `rounds`. A language with less than `sure` of the probability calls for another round, and
    in the end for a notice. A language that the account uses counts `familiar` times. Speech under `least_s` in all
    tells nothing.
    """

    samples: int = 3
    round_s: float = 30.0
    rounds: int = 3
    sure: float = 0.5
    familiar: float = 3.0
    least_s: float = 1.0


RULES: Final = LanguageRules()


@dataclass(frozen=True, slots=True)
class HeardLanguage:
    """The language of a recording, and whether that is sure."""

    code: str
    sure: bool = True


def rounds_of(turns: Sequence[Turn], rules: LanguageRules = RULES) -> list[list[Span]]:
    """The stretches to hear, a list for each round, the longest turns of each part of the recording first; nothing is
    heard twice."""
    joined = sorted(join_turns(turns), key=lambda turn: turn.start)
    size = -(-len(joined) // rules.samples)
    if not size:
        return []
    parts = [sorted(joined[at : at + size], key=_length, reverse=True) for at in range(0, len(joined), size)]
    rounds = [[part[number] for part in parts if number < len(part)] for number in range(min(size, rules.rounds))]
    return [_fitted(taken, rules.round_s) for taken in rounds]


def _length(turn: Turn) -> float:
    return turn.end - turn.start


def _fitted(turns: Sequence[Turn], most_s: float) -> list[Span]:
    """The beginnings of these turns, of like length as far as they are long enough, `most_s` in all."""
    lengths: dict[int, float] = {}
    left_s = most_s
    for count, index in enumerate(sorted(range(len(turns)), key=lambda at: _length(turns[at]))):
        lengths[index] = min(_length(turns[index]), left_s / (len(turns) - count))
        left_s -= lengths[index]
    return [(turn.start, turn.start + lengths[index]) for index, turn in enumerate(turns)]


def decide(
    heard: Sequence[tuple[float, Probabilities]], familiar: Collection[str] = (), rules: LanguageRules = RULES
) -> HeardLanguage:
    """The language of stretches, each given by its seconds and what it was heard as."""
    shares: dict[str, float] = defaultdict(float)
    for seconds, probabilities in heard:
        for code, probability in probabilities.items():
            shares[code] += seconds * probability * (rules.familiar if code in familiar else 1.0)
    total = sum(shares.values())
    if total <= 0 or sum(seconds for seconds, _ in heard) < rules.least_s:
        return HeardLanguage(min(familiar, default=DEFAULT), sure=False)
    code = max(shares, key=lambda each: (shares[each], each))
    return HeardLanguage(code, sure=shares[code] >= rules.sure * total)


def notice(code: str) -> str:
    """What a reader is told when the language is not sure."""
    return (
        f"The language of this recording is not clear; {language_name(code)} was taken. "
        "If that is wrong, transcribe it again and name the language."
    )


def stand_in_notices(wanted: str | None, spoken: str) -> list[str]:
    """A sentence for whoever asked for a language that another one had to stand in for."""
    if wanted is None or wanted == spoken:
        return []
    lacking, used = language_name(wanted), language_name(spoken)
    return [f"The speech model does not know {lacking}; the recording was transcribed as {used}."]
