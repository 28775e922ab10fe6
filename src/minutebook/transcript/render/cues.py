"""Segments cut into subtitle cues.

Limits follow the usual subtitling guides (BBC, Netflix timed text): at most two lines of 42 characters, at most
seven seconds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from minutebook.transcript.model import Segment, Word

LINE_CHARS: Final = 42
LINES: Final = 2
CUE_CHARS: Final = LINE_CHARS * LINES
CUE_S: Final = 7.0
MIN_CUE_S: Final = 0.001
"""A cue has to end after it starts, by the formats' own rules; times are written in milliseconds."""

_PAUSE_S: Final = 1.0
_SENTENCE_ENDS: Final = (".", "?", "!", "…", "。", "？", "！")


@dataclass(frozen=True, slots=True)
class Cue:
    """Words shown together. `speaker` is a speaker's id; `first` says that the speaker's segment begins here."""

    speaker: str
    start: float
    end: float
    text: str
    first: bool


def cues(segments: Sequence[Segment]) -> list[Cue]:
    """The cues of all segments, by the time they start."""
    return sorted((cue for segment in segments for cue in _cues(segment)), key=lambda cue: (cue.start, cue.end))


def _cues(segment: Segment) -> Iterator[Cue]:
    words = segment.words or _evenly_timed(segment)
    for number, group in enumerate(_groups(words)):
        start = max(group[0].start, 0.0)
        end = max(group[-1].end, start + MIN_CUE_S)
        yield Cue(segment.speaker, start, end, " ".join(word.word for word in group), number == 0)


def _groups(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    group: list[Word] = []
    chars = 0
    for word in words:
        if group and (_is_full(group, chars, word) or _may_break(group, chars, word)):
            yield group
            group, chars = [], 0
        group.append(word)
        chars += len(word.word) + 1
    if group:
        yield group


def _is_full(group: Sequence[Word], chars: int, word: Word) -> bool:
    return chars + len(word.word) > CUE_CHARS or word.end - group[0].start > CUE_S


def _may_break(group: Sequence[Word], chars: int, word: Word) -> bool:
    """Cues break where speech does: at a pause, and behind a sentence once a line is full."""
    paused = word.start - group[-1].end >= _PAUSE_S
    return paused or (chars >= LINE_CHARS and group[-1].word.endswith(_SENTENCE_ENDS))


def _evenly_timed(segment: Segment) -> list[Word]:
    """Words of a segment that came without word times, spread over it by their length."""
    texts = segment.text.split()
    total = sum(len(text) + 1 for text in texts)
    length, done, words = max(segment.end - segment.start, 0.0), 0, []
    for text in texts:
        start = segment.start + length * done / total
        done += len(text) + 1
        words.append(Word(text, start, segment.start + length * done / total, 1.0))
    return words
