"""Decoded sound on disk: s16le, mono, 16 kHz, no header."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from minutebook.speech.ports import Audio

RATE = 16_000
BYTES_PER_SAMPLE = 2
FULL_SCALE = 32_768.0


class Pcm:
    """Reads stretches of a decoded recording without holding it: each read maps its own piece of the file and lets
    go of it, so memory does not grow with what has been read. Safe to share between threads."""

    __slots__ = ("path", "samples")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.samples = path.stat().st_size // BYTES_PER_SAMPLE

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.samples / RATE

    def read(self, start_s: float = 0.0, end_s: float | None = None) -> Audio:
        """float32 in [-1, 1] for [start_s, end_s), clipped to what there is."""
        import numpy as np

        start = max(0, round(start_s * RATE))
        end = self.samples if end_s is None else round(end_s * RATE)
        return self._mapped(start, end).astype(np.float32) / np.float32(FULL_SCALE)

    def peaks(self, buckets: int) -> list[float]:
        """The loudest sample of each of `buckets` equal stretches, 0 to 1."""
        bounds = [index * self.samples // buckets for index in range(buckets + 1)]
        return [self._peak(start, end) for start, end in pairwise(bounds)]

    def _peak(self, start: int, end: int) -> float:
        stretch = self._mapped(start, end)
        if stretch.size == 0:
            return 0.0
        return round(min(1.0, max(-int(stretch.min()), int(stretch.max())) / FULL_SCALE), 4)

    def _mapped(self, start: int, end: int) -> NDArray[np.int16]:
        import numpy as np

        count = min(end, self.samples) - start
        if count <= 0:
            return np.zeros(0, np.int16)
        return np.memmap(self.path, "<i2", mode="r", offset=start * BYTES_PER_SAMPLE, shape=(count,))


def part_path(pcm: Path, number: int) -> Path:
    """Where the sound of a recording's part lies beside the whole."""
    return pcm.with_name(f"{pcm.name}.{number}")


def peaks(pcm: Path, buckets: int) -> list[float]:
    """The waveform of a decoded recording: `buckets` values from 0 to 1."""
    return Pcm(pcm).peaks(buckets)
