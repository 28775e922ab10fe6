"""Which local voices speak when, within windows of 10 s (pyannote segmentation 3.0, powerset of three voices).

Plaquet & Bredin, "Powerset multi-class cross entropy loss for neural speaker diarization", Interspeech 2023.
"""

import numpy as np
from numpy.typing import NDArray

from minutebook.speech.diarization.model import WINDOW_SAMPLES
from minutebook.speech.models import Model, Network
from minutebook.speech.ports import Audio

POWERSET = np.array(
    [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]],
    dtype=np.float32,
)
"""Which voices each of the network's seven classes stands for."""


def decode_powerset(log_probabilities: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Probabilities (× 255) of each local voice: [..., frames, 7] log-probabilities to [..., frames, 3]."""
    voices = np.exp(log_probabilities) @ POWERSET
    return np.rint(np.clip(voices, 0.0, 1.0) * 255).astype(np.uint8)


class Segmenter:
    """The segmentation network. `batch` windows are computed at a time; memory does not grow beyond that."""

    def __init__(self, threads: int = 0, batch: int = 4) -> None:
        self._network = Network(Model.SEGMENTATION, threads)
        self._batch = batch

    def activity(self, audio: Audio, starts: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Activity [windows, 589, 3] of the windows of `audio` that begin at the samples `starts`.

        Samples outside `audio` count as silence.
        """
        found = [
            decode_powerset(self._network(_windows(audio, starts[first : first + self._batch])))
            for first in range(0, len(starts), self._batch)
        ]
        return np.concatenate(found)


def _windows(audio: Audio, starts: NDArray[np.int64]) -> NDArray[np.float32]:
    return np.stack([_window(audio, start) for start in starts.tolist()])[:, None, :]


def _window(audio: Audio, start: int) -> Audio:
    window = np.zeros(WINDOW_SAMPLES, dtype=np.float32)
    first, last = max(start, 0), min(start + WINDOW_SAMPLES, len(audio))
    if last > first:
        window[first - start : last - start] = audio[first:last]
    return window
