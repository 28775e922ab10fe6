"""Whose word is it: every word goes to a speaker by when it was said."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from minutebook.transcript.model import Segment, Speaker, Turn, Word


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word and the id of the voice that said it."""

    speaker: str
    word: Word


class TurnIndex:
    """Turns, ordered so that those near a moment are found without looking at all."""

    def __init__(self, turns: Iterable[Turn]) -> None:
        self._turns = sorted(turns, key=lambda turn: (turn.start, turn.end, turn.speaker))
        self._starts = [turn.start for turn in self._turns]
        self._longest = max((turn.end - turn.start for turn in self._turns), default=0.0)
        self._latest = list(accumulate(self._turns, _later))

    def between(self, start: float, end: float) -> list[Turn]:
        """The turns that share more than a moment with `[start, end]`."""
        first = bisect_left(self._starts, start - self._longest)
        return [turn for turn in self._turns[first : bisect_left(self._starts, end)] if turn.end > start]

    def nearest(self, moment: float) -> Turn | None:
        """The turn whose edge is nearest to a moment."""
        if not self._turns:
            return None
        after = bisect_left(self._starts, moment)
        # Of those that began before, the one that ended last; and the next to begin.
        around = [*self._latest[max(after - 1, 0) : after], *self._turns[after : after + 1]]
        return min(around, key=lambda turn: max(turn.start - moment, moment - turn.end, 0.0))


def _later(one: Turn, other: Turn) -> Turn:
    return other if other.end > one.end else one


def attribute(words: Sequence[Word], turns: TurnIndex, heard_in: Turn | None = None) -> list[SpokenWord]:
    """Give each word to the voice whose turns overlap it most, or else to the voice of the nearest turn.

    `heard_in` is the turn from whose sound the words were recognised; it decides between voices that speak at once.
    """
    return [SpokenWord(_speaker_of(word, turns, heard_in), word) for word in words]


def _speaker_of(word: Word, turns: TurnIndex, heard_in: Turn | None) -> str:
    overlaps: dict[str, float] = {}
    for turn in turns.between(word.start, word.end):
        shared = min(turn.end, word.end) - max(turn.start, word.start)
        overlaps[turn.speaker] = overlaps.get(turn.speaker, 0.0) + shared
    own = heard_in.speaker if heard_in else ""
    if overlaps:
        return max(overlaps, key=lambda speaker: (round(overlaps[speaker], 3), speaker == own, speaker))
    middle = (word.start + word.end) / 2
    if heard_in and heard_in.start <= middle <= heard_in.end:
        return own
    nearest = turns.nearest(middle)
    return nearest.speaker if nearest else own


def talk_times(turns: Iterable[Turn]) -> dict[str, float]:
    """Seconds that each voice speaks; its own overlapping turns count once."""
    spoken: dict[str, float] = {}
    reached: dict[str, float] = {}
    for turn in sorted(turns, key=lambda t: t.start):
        start = max(turn.start, reached.get(turn.speaker, turn.start))
        spoken[turn.speaker] = spoken.get(turn.speaker, 0.0) + max(0.0, turn.end - start)
        reached[turn.speaker] = max(turn.end, start)
    return spoken


def number_speakers(
    segments: Sequence[Segment], turns: Sequence[Turn]
) -> tuple[tuple[Segment, ...], tuple[Speaker, ...]]:
    """Name the voices "Speaker 1…n" (ids `speaker_1`…) in the order in which they are first heard saying a word."""
    voices = list(dict.fromkeys(segment.speaker for segment in segments))
    ids = {voice: f"speaker_{number}" for number, voice in enumerate(voices, start=1)}
    times = talk_times(turns)
    speakers = tuple(
        Speaker(ids[voice], f"Speaker {number}", round(times.get(voice, 0.0), 3))
        for number, voice in enumerate(voices, start=1)
    )
    return tuple(replace(segment, speaker=ids[segment.speaker]) for segment in segments), speakers
