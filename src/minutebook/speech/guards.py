"""Rules that tell a good recognition from a loop, a decoder that did not stop, or words heard in silence."""

import zlib
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """Why a hypothesis is not trusted."""

    REPETITIVE = "repetitive"
    TOO_FAST = "too_fast"
    UNFINISHED = "unfinished"
    UNLIKELY = "unlikely"
    SPARSE = "sparse"
    COLLAPSED = "collapsed"


LOOPS = frozenset({Fault.REPETITIVE, Fault.TOO_FAST, Fault.UNFINISHED})
"""Faults of a decoder that goes round in circles."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What a decoder says about one stretch of audio of `seconds`.

    `mean_logprob` is the mean natural log-probability per token, `no_speech` the probability of no speech (0 to 1),
    `finished` whether the decoder ended by itself, `collapsed` whether it wrote words that have no sound of their own.
    """

    text: str
    seconds: float
    mean_logprob: float
    no_speech: float
    finished: bool = True
    collapsed: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """Where trust ends.

    `compression_ratio`, `no_speech` and `logprob_of_silence` are Whisper's own (Radford et al. 2022, section 4.5).
    `words_per_s` is above any fluent speech (auctioneers reach about 7), `sparse_words_per_s` far below.
    """

    compression_ratio: float = 2.4
    repeated_ngrams: int = 4
    words_per_s: float = 8.0
    mean_logprob: float = -1.0
    no_speech: float = 0.6
    logprob_of_silence: float = -1.0
    sparse_words_per_s: float = 0.5
    sparse_from_s: float = 4.0


DEFAULT = Limits()


def faults(hypothesis: Hypothesis, limits: Limits = DEFAULT) -> frozenset[Fault]:
    """All reasons not to trust a hypothesis; an empty set means that it is good."""
    words = len(hypothesis.text.split())
    signs = {
        Fault.REPETITIVE: is_repetitive(hypothesis.text, limits),
        Fault.TOO_FAST: words > limits.words_per_s * max(hypothesis.seconds, 1.0),
        Fault.UNFINISHED: not hypothesis.finished,
        Fault.COLLAPSED: hypothesis.collapsed,
        Fault.UNLIKELY: hypothesis.mean_logprob < limits.mean_logprob,
        Fault.SPARSE: hypothesis.seconds >= limits.sparse_from_s
        and words < limits.sparse_words_per_s * hypothesis.seconds,
    }
    return frozenset(fault for fault, present in signs.items() if present)


def is_silence(hypothesis: Hypothesis, limits: Limits = DEFAULT) -> bool:
    """Whether the words were heard where nobody spoke."""
    return hypothesis.no_speech > limits.no_speech and hypothesis.mean_logprob < limits.logprob_of_silence


def is_repetitive(text: str, limits: Limits = DEFAULT) -> bool:
    """Whether a text goes round in circles: it compresses too well, or a group of words follows itself too often."""
    encoded = text.encode()
    if encoded and len(encoded) / len(zlib.compress(encoded)) > limits.compression_ratio:
        return True
    return consecutive_repeats(text.lower().split()) >= limits.repeated_ngrams


def consecutive_repeats(words: list[str], longest: int = 8) -> int:
    """How often a group of 2 to `longest` words, or one word twice as often, follows itself without a break.

    >>> consecutive_repeats("and so on and so on and so on".split())
    3
    """
    most = 1 if words else 0
    for size in range(1, longest + 1):
        run = 0
        for position in range(size, len(words)):
            run = run + 1 if words[position] == words[position - size] else 0
            times = run // size + 1
            most = max(most, times if size > 1 else times // 2)
    return most
