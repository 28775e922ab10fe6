"""Segments cut into subtitle cues.

Limits follow the usual subtitling guides (BBC, Netflix timed text): at most two lines of 42 columns, a full-width
character counting two, and at most seven seconds. Whatever stands before the words, such as a name, is within them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from minutebook.transcript.joining import columns, is_unspaced, joined
from minutebook.transcript.model import Segment, Word

LINE_COLUMNS: Final = 42
LINES: Final = 2
CUE_S: Final = 7.0
MIN_CUE_S: Final = 0.001
"""A cue has to end after it starts, by the formats' own rules; times are written in milliseconds."""

_PAUSE_S: Final = 1.0
_SENTENCE_ENDS: Final = (".", "?", "!", "…", "。", "？", "！")
_BEGINS_NO_LINE: Final = frozenset("。，、；：？！…”’）》」』〉】ー々")

Prefix = Callable[[Segment], str]


@dataclass(frozen=True, slots=True)
class Cue:
    """Words shown together, on one or two `lines`. `speaker` is a speaker's id."""

    speaker: str
    start: float
    end: float
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The lines in a row."""
        return " ".join(self.lines)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A word, or what of an overlong one fits on a line; `word` numbers the words."""

    text: str
    start: float
    end: float
    word: int


def cues(segments: Sequence[Segment], language: str = "", prefix: Prefix = lambda _: "") -> list[Cue]:
    """The cues of all segments, by the time they start. `prefix` gives what stands before a segment's first words."""
    made = (cue for segment in segments for cue in _Cutter(segment, language, prefix(segment)).cues())
    return sorted(made, key=lambda cue: (cue.start, cue.end))


def shortened(text: str, most: int) -> str:
    """`text` in at most so many columns, an ellipsis in place of what is left out."""
    if columns(text) <= most:
        return text
    while text and columns(text) > most - 1:
        text = text[:-1]
    return f"{text.rstrip()}…"


class _Cutter:
    """Cuts one segment."""

    def __init__(self, segment: Segment, language: str, prefix: str) -> None:
        self._segment = segment
        self._language = language
        self._prefix = shortened(prefix.strip(), LINE_COLUMNS)
        self._pieces = tuple(_pieces(segment.words or _evenly_timed(segment)))

    def cues(self) -> Iterator[Cue]:
        groups = self._groups()
        for first, last in groups:
            start = max(self._pieces[first].start, 0.0)
            end = max(self._pieces[last - 1].end, start + MIN_CUE_S)
            yield Cue(self._segment.speaker, start, end, tuple(self._lines(first, last)))

    def _groups(self) -> list[tuple[int, int]]:
        """Ranges of pieces that are shown together."""
        groups: list[tuple[int, int]] = []
        first = 0
        for at in range(1, len(self._pieces) + 1):
            if at == len(self._pieces) or not self._fits(first, at + 1) or self._may_break(first, at):
                groups.append((first, at))
                first = at
        return self._without_tails(groups)

    def _without_tails(self, groups: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """A word that would stand alone goes with the words before it, or takes some of them along."""
        kept: list[tuple[int, int]] = []
        for first, last in groups:
            if kept and last - first == 1 and not self._paused(first):
                begin, _ = kept.pop()
                if self._fits(begin, last):
                    kept.append((begin, last))
                    continue
                cut = self._middle(begin, last) or first
                kept += [(begin, cut), (cut, last)]
            else:
                kept.append((first, last))
        return kept

    def _middle(self, first: int, last: int) -> int | None:
        """Where to cut a range so that both parts fit and are as alike in length as can be."""
        cuts = [at for at in range(first + 1, last - 1) if self._fits(first, at) and self._fits(at, last)]
        return min(cuts, key=lambda at: abs(self._width(first, at) - self._width(at, last)), default=None)

    def _width(self, first: int, last: int) -> int:
        return sum(columns(piece.text) + 1 for piece in self._pieces[first:last])

    def _fits(self, first: int, last: int) -> bool:
        if last - first == 1:
            return True
        long = self._pieces[last - 1].end - self._pieces[first].start > CUE_S
        return not long and len(self._lines(first, last)) <= LINES

    def _paused(self, at: int) -> bool:
        return self._pieces[at].start - self._pieces[at - 1].end >= _PAUSE_S

    def _may_break(self, first: int, at: int) -> bool:
        """Cues break where speech does: at a pause, and behind a sentence once a line is full."""
        ended = self._pieces[at - 1].text.endswith(_SENTENCE_ENDS)
        return self._paused(at) or (ended and self._width(first, at) >= LINE_COLUMNS)

    def _lines(self, first: int, last: int) -> list[str]:
        """As many words on a line as it holds; the prefix stands before the segment's first."""
        lines = [self._prefix] if first == 0 and self._prefix else []
        fresh = not lines
        for at in range(first, last):
            text = self._pieces[at].text
            longer = f"{lines[-1]} {text}" if lines and at == first else self._appended(lines, at, fresh)
            fresh = False
            if lines and longer is not None and columns(longer) <= LINE_COLUMNS:
                lines[-1] = longer
            else:
                lines.append(text)
        return lines

    def _appended(self, lines: list[str], at: int, fresh: bool) -> str | None:
        if fresh or not lines:
            return None
        piece, before = self._pieces[at], self._pieces[at - 1]
        if piece.word == before.word:
            return lines[-1] + piece.text
        blank = joined((before.text, piece.text), self._language)[len(before.text) : -len(piece.text)]
        return lines[-1] + blank + piece.text


def _pieces(words: Sequence[Word]) -> Iterator[_Piece]:
    for number, word in enumerate(words):
        # `-->` would end a cue's text for a parser, and so would an empty line.
        text = " ".join(word.word.replace("-->", "→").split())
        parts = list(_broken(text)) if columns(text) > LINE_COLUMNS else [text]
        length, done = len(text) or 1, 0
        for part in parts:
            start = word.start + (word.end - word.start) * done / length
            done += len(part)
            yield _Piece(part, start, word.start + (word.end - word.start) * done / length, number)


def _broken(text: str) -> Iterator[str]:
    """An overlong word in parts that fit on a line: single characters of an unspaced script, with the marks and the
    punctuation that cannot begin a line as far as they fit; lines' lengths of another."""
    for unspaced, run in groupby(text, is_unspaced):
        part, width = "", 0
        for character in run:
            more = columns(character)
            clings = not unspaced or more == 0 or character in _BEGINS_NO_LINE
            if part and (not clings or width + more > LINE_COLUMNS):
                yield part
                part, width = "", 0
            part, width = part + character, width + more
        yield part


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
