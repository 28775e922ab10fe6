"""Error rates: words (WER), words by speaker (cpWER), and who speaks when (DER)."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from minutebook.transcript.model import Turn

LONG_DELETION = 10
"""A run of this many deleted words is a lost turn, not a misheard word."""
COLLARS = {"0.25": (0.5, False), "0": (0.0, False), "0.25 alone": (0.5, True)}
"""Name of a way to score (± s of collar) to pyannote.metrics' collar, which is its total width, and whether what
several say at once is left out."""


@dataclass(frozen=True, slots=True)
class WordErrors:
    """Counts over reference words; `long_deletions` are runs of at least ten deleted words."""

    words: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0
    long_deletions: int = 0
    longest_deletion: int = 0

    @property
    def rate(self) -> float:
        """Word error rate in percent."""
        return 100 * (self.substitutions + self.deletions + self.insertions) / max(1, self.words)

    def __add__(self, other: "WordErrors") -> "WordErrors":
        return WordErrors(
            self.words + other.words,
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
            self.long_deletions + other.long_deletions,
            max(self.longest_deletion, other.longest_deletion),
        )


@cache
def _normalizer() -> Any:
    from whisper_normalizer.english import EnglishTextNormalizer

    return EnglishTextNormalizer()


def normalised(text: str) -> list[str]:
    """Words after Whisper's own normaliser for English (numbers, spelling, punctuation)."""
    words: list[str] = _normalizer()(text).split()
    return words


def word_errors(reference: str, hypothesis: str) -> WordErrors:
    """The least number of edits from one text to the other, both normalised."""
    import kaldialign

    gap = "\0"
    pairs = kaldialign.align(normalised(reference), normalised(hypothesis), gap)
    runs = _deletion_runs(pairs, gap)
    return WordErrors(
        words=sum(spoken != gap for spoken, _ in pairs),
        substitutions=sum(gap not in pair and pair[0] != pair[1] for pair in pairs),
        deletions=sum(heard == gap for _, heard in pairs),
        insertions=sum(spoken == gap for spoken, _ in pairs),
        long_deletions=sum(run >= LONG_DELETION for run in runs),
        longest_deletion=max(runs, default=0),
    )


def _deletion_runs(pairs: Iterable[tuple[str, str]], gap: str) -> list[int]:
    runs = [0]
    for _, heard in pairs:
        if heard == gap:
            runs[-1] += 1
        elif runs[-1]:
            runs.append(0)
    return [run for run in runs if run]


def speaker_word_errors(reference: Mapping[str, str], hypothesis: Mapping[str, str]) -> tuple[int, int]:
    """Errors and reference words of the concatenated minimum-permutation WER (Watanabe et al. 2020, meeteval)."""
    import meeteval

    logging.getLogger("meeteval").setLevel(logging.ERROR)
    found = meeteval.wer.cp_word_error_rate(
        {speaker: " ".join(normalised(text)) for speaker, text in reference.items()},
        {speaker: " ".join(normalised(text)) for speaker, text in hypothesis.items()} or {"nobody": ""},
        reference_sort=False,
        hypothesis_sort=False,
    )
    return int(found.errors), int(found.length)


def diarization_errors(
    reference: Sequence[Turn], hypothesis: Sequence[Turn], duration_s: float
) -> dict[str, tuple[float, float]]:
    """By way of scoring: seconds of error (missed, false alarm, confusion) and seconds of reference speech."""
    from pyannote.core import Segment, Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate

    scored = Timeline([Segment(0, duration_s)])
    errors = {}
    for name, (collar, alone) in COLLARS.items():
        parts = DiarizationErrorRate(collar=collar, skip_overlap=alone)(
            _annotation(reference), _annotation(hypothesis), uem=scored, detailed=True
        )
        wrong = parts["missed detection"] + parts["false alarm"] + parts["confusion"]
        errors[name] = (float(wrong), float(parts["total"]))
    return errors


def _annotation(turns: Sequence[Turn]) -> Any:
    from pyannote.core import Annotation, Segment

    annotation = Annotation()
    for number, turn in enumerate(turns):
        annotation[Segment(turn.start, turn.end), number] = turn.speaker
    return annotation
