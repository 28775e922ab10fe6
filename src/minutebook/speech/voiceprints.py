"""The voice of somebody in a recording as one vector: the mean over stretches in which nobody else speaks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from minutebook.speech.media import Pcm
from minutebook.speech.ports import Audio
from minutebook.transcript.model import Turn

MIN_PIECE_S: Final = 1.0
"""Shorter stretches say little of a voice."""
MAX_PIECE_S: Final = 4.0
"""Longer stretches are divided: one embedding of half a minute is no better than one of four seconds."""
ENOUGH_S: Final = 60.0
"""So much of a voice is listened to; more hardly moves the mean."""

Span = tuple[float, float]
Vector = NDArray[np.float32]


@dataclass(frozen=True, eq=False, slots=True)
class Voiceprint:
    """A voice as a unit vector, and how many seconds of it were listened to."""

    vector: Vector
    seconds: float


def voiceprints(
    pcm: Pcm, turns: Sequence[Turn], embed: Callable[[list[Audio]], Vector], only: Sequence[str] | None = None
) -> Mapping[str, Voiceprint]:
    """The voiceprint of each speaker of `turns` (of those in `only`) who is heard alone for a moment; `embed` makes
    unit vectors of sounds."""
    found: dict[str, Voiceprint] = {}
    for speaker in dict.fromkeys(turn.speaker for turn in turns):
        pieces = pieces_alone(turns, speaker) if only is None or speaker in only else []
        if pieces:
            seconds = [end - start for start, end in pieces]
            vectors = embed([pcm.read(start, end) for start, end in pieces])
            found[speaker] = Voiceprint(mean_voice(vectors, seconds), sum(seconds))
    return found


def pieces_alone(turns: Sequence[Turn], speaker: str) -> list[Span]:
    """Stretches of at most `MAX_PIECE_S` in which this voice speaks and no other one does, at most `ENOUGH_S` of them,
    spread over the recording."""
    free: list[Span] = [(turn.start, turn.end) for turn in turns if turn.speaker == speaker]
    for other in turns:
        if other.speaker != speaker:
            free = [part for span in free for part in _without(span, (other.start, other.end))]
    pieces = [piece for span in free for piece in _cut(span)]
    every = max(1, -(-round(sum(end - start for start, end in pieces)) // round(ENOUGH_S)))
    return pieces[::every]


def _without(span: Span, other: Span) -> list[Span]:
    if other[1] <= span[0] or span[1] <= other[0]:
        return [span]
    return [part for part in ((span[0], other[0]), (other[1], span[1])) if part[1] > part[0]]


def _cut(span: Span) -> list[Span]:
    length = span[1] - span[0]
    if length < MIN_PIECE_S:
        return []
    count = int(-(-length // MAX_PIECE_S))
    return [(span[0] + length * i / count, span[0] + length * (i + 1) / count) for i in range(count)]


def mean_voice(vectors: Vector, seconds: Sequence[float]) -> Vector:
    """The unit vector [D] of unit vectors [P, D], the longer ones counting more."""
    total = (vectors.astype(np.float64) * np.asarray(seconds)[:, None]).sum(axis=0)
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-9), dtype=np.float32)
