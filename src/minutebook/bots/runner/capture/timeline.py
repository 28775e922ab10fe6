"""One wall-clock time line for everything that was heard: where a run of samples belongs, in frames of 100 ms. Pure.

Positions are samples at `AUDIO_RATE` since the recording's start.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from minutebook.bots.protocol import AUDIO_RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Samples = NDArray[np.int16]
    Sum = NDArray[np.int32]

SAMPLES_PER_MS: Final = AUDIO_RATE // 1000

FRAME_MS: Final = 100
FRAME: Final = FRAME_MS * SAMPLES_PER_MS
"""Samples per frame: what is mixed, written and streamed at once."""

JUMP: Final = 100 * SAMPLES_PER_MS
"""Capture times jitter by tens of milliseconds; a track that is further off than this has lost or gained time."""


@dataclass(slots=True)
class Placement:
    """Where one track's runs belong. They follow each other without a seam as long as their times agree roughly with
    the count of their samples; else the track jumps to where its time says."""

    start_ms: int
    end: int | None = None

    def place(self, at_ms: float, count: int) -> int:
        """The position of a run of `count` samples that was heard from `at_ms` (epoch, ms) on."""
        told = round((at_ms - self.start_ms) * SAMPLES_PER_MS)
        position = told if self.end is None or abs(told - self.end) > JUMP else self.end
        self.end = position + count
        return position


@dataclass(slots=True)
class Frames:
    """Samples by frame, added where they belong until the frame is taken. What comes later than that is lost, and
    counted in `late`."""

    taken: int = 0
    late: int = 0
    _frames: dict[int, Sum] = field(default_factory=dict)

    def add(self, position: int, samples: Samples) -> None:
        """Add samples from `position` on (before 0: before the recording, left out)."""
        skip = min(len(samples), max(0, self.taken * FRAME - position))
        self.late += skip if position >= 0 else 0
        at, rest = position + skip, samples[skip:]
        while len(rest):
            number, offset = divmod(at, FRAME)
            count = min(len(rest), FRAME - offset)
            frame = self._frames.get(number)
            if frame is None:
                frame = self._frames[number] = np.zeros(FRAME, np.int32)
            frame[offset : offset + count] += rest[:count]
            at, rest = at + count, rest[count:]

    def take(self, number: int) -> Sum | None:
        """The frame, or None when nothing was heard in it; afterwards it is closed."""
        self.taken = number + 1
        return self._frames.pop(number, None)
