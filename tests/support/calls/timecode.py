"""Reading the time out of sound: `participant.count` sounds second n of the epoch at 400 + 20 · (n mod 50) Hz."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from support.audio import RATE, samples_of

FRAME_S = 0.1
LOWEST_HZ, STEP_HZ, CODES = 400, 20, 50
AUDIBLE = 0.01


@dataclass(frozen=True, slots=True)
class Reading:
    """What a recording tells. `codes[i]` is the code of second n heard in frame i (n mod 50), -1 where nothing is."""

    codes: NDArray[np.int64]

    def silent_s(self, start_s: float, end_s: float) -> float:
        """How long nothing is heard between two moments of the recording."""
        part = self.codes[round(start_s / FRAME_S) : round(end_s / FRAME_S)]
        return float((part < 0).sum() * FRAME_S)

    def gaps(self, start_s: float, end_s: float, at_least_s: float = 0.3) -> list[tuple[float, float]]:
        """The silent stretches between two moments: beginning and length."""
        found: list[tuple[float, float]] = []
        begun: float | None = None
        for frame in range(round(start_s / FRAME_S), round(end_s / FRAME_S) + 1):
            silent = frame < min(len(self.codes), round(end_s / FRAME_S)) and self.codes[frame] < 0
            if silent and begun is None:
                begun = frame * FRAME_S
            elif not silent and begun is not None:
                found.append((begun, frame * FRAME_S - begun))
                begun = None
        return [gap for gap in found if gap[1] >= at_least_s]

    def late_s(self, started_at: float) -> NDArray[np.float64]:
        """For each frame that sounds: how many whole seconds its code lies behind the moment that the recording's time
        line gives it, when the recording began at `started_at` (epoch)."""
        frames = np.flatnonzero(self.codes >= 0)
        # The middle of the frame, so that a delay of less than half a second does not count as one at the borders.
        expected = np.floor(started_at + (frames + 0.5) * FRAME_S)
        behind = (expected - self.codes[frames]) % CODES
        found: NDArray[np.float64] = np.where(behind > CODES / 2, behind - CODES, behind)
        return found


def read(recording: Path) -> Reading:
    """The codes of a recording, frame by frame."""
    samples = samples_of(recording).astype(np.float64) / 32768
    length = round(FRAME_S * RATE)
    frames = samples[: len(samples) // length * length].reshape(-1, length)
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(length), 4 * length))
    hertz = spectrum.argmax(axis=1) * RATE / (4 * length)
    codes = np.round((hertz - LOWEST_HZ) / STEP_HZ).astype(np.int64)
    loud = np.sqrt((frames**2).mean(axis=1)) > AUDIBLE
    return Reading(np.where(loud & (codes >= 0) & (codes < CODES), codes, -1))
