"""One wall-clock time line for everything that was heard: where a run of samples belongs, in frames of 100 ms. Pure.

Positions are samples at `AUDIO_RATE` since the recording's start.
"""

from __future__ import annotations

from collections import deque
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

LOST_MS: Final = 1_000
JUMP_MS: Final = 400
TOLERANCE_MS: Final = 20
"""How far the time of a run may be from the count of samples before it: up to the tolerance the clocks jitter; up to a
jump a busy machine has slowed the sound down, which is stretched or squeezed back; beyond, time was lost or gained (at
once from `LOST_MS` on, else when it stays so)."""

CORRECTED_WITHIN_MS: Final = 2_000
MOST_STRETCH: Final = 0.08

WITNESSES: Final = 4
"""Times come late, never early, when a machine is busy: of so many runs in a row the one that is least off counts."""


@dataclass(slots=True)
class Placement:
    """Where one track's runs belong. They follow each other without a seam; where their times say that this has gone
    wrong, it is put right without being heard, or by a jump."""

    start_ms: int
    end: int | None = None
    _errors: deque[int] = field(default_factory=lambda: deque(maxlen=WITNESSES))

    def place(self, at_ms: float, count: int, *, silent: bool = False) -> tuple[int, int]:
        """Position and length, in samples, of a run of `count` samples that was heard from `at_ms` (epoch, ms) on. The
        length differs a little from `count` where the run is to be stretched or squeezed."""
        told = round((at_ms - self.start_ms) * SAMPLES_PER_MS)
        position = told if self.end is None else self._position(told, self.end)
        length = count if position == told else count + self._correction(count, silent)
        self.end = position + length
        return position, length

    def _position(self, told: int, end: int) -> int:
        error = told - end
        self._errors.append(error)
        if abs(error) > LOST_MS * SAMPLES_PER_MS or abs(self._settled()) > JUMP_MS * SAMPLES_PER_MS:
            self._errors.clear()
            return told
        return end

    def _settled(self) -> int:
        """What all the last runs agree to be off by."""
        if len(self._errors) < WITNESSES:
            return 0
        least, most = min(self._errors), max(self._errors)
        return least if least > 0 else min(most, 0)

    def _correction(self, count: int, silent: bool) -> int:
        error = self._settled()
        if abs(error) <= TOLERANCE_MS * SAMPLES_PER_MS:
            return 0
        limit = count if silent else round(count * MOST_STRETCH)
        wanted = error if silent else round(count * error / (CORRECTED_WITHIN_MS * SAMPLES_PER_MS))
        correction = max(-limit, min(limit, wanted))
        for number, each in enumerate(self._errors):
            self._errors[number] = each - correction
        return correction


def stretched(samples: Samples, length: int) -> Samples:
    """The same sound in a few samples more or less."""
    if length == len(samples):
        return samples
    at = np.arange(length) * (len(samples) / length)
    bent: Samples = np.interp(at, np.arange(len(samples)), samples).astype(np.int16)
    return bent


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
