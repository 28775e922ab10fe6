"""From audio to local voices: the two networks, run over one chunk of a recording."""

import numpy as np
from numpy.typing import NDArray

from minutebook.speech.diarization.embedding import Embedder
from minutebook.speech.diarization.model import (
    EMBEDDING_SIZE,
    FRAME_S,
    FRAME_SAMPLES,
    LOCAL_SPEAKERS,
    WINDOW_FRAMES,
    WINDOW_SAMPLES,
    ChunkVoices,
    frame_to_seconds,
    seconds_to_frame,
)
from minutebook.speech.diarization.parameters import DEFAULT, DiarizationParameters
from minutebook.speech.diarization.pieces import SILENT, cut, solo_labels, solo_runs
from minutebook.speech.diarization.segmentation import Segmenter
from minutebook.speech.ports import SAMPLE_RATE, Audio

EDGE_FRAMES = 59
"""Windows that only tell speech from silence overlap by this (1 s)."""
_BLOCK = SAMPLE_RATE // 10
AUDIBLE = 0.001
"""RMS (-60 dB of full scale) below which nobody can be heard."""


def windows_of(first_sample: int, last_sample: int, step: int) -> NDArray[np.int64]:
    """First frames of the windows that start in `[first_sample, last_sample)`.

    Windows lie on one grid for the whole recording, `step` frames apart, so it does not matter where a recording is
    divided into chunks. One lies before the recording: the network is least sure at the edges of its windows.
    """
    step_samples = step * FRAME_SAMPLES
    first = -(-first_sample // step_samples) if first_sample > 0 else -1
    return np.arange(first * step, -(-last_sample // FRAME_SAMPLES), step, dtype=np.int64)


class Diarizer:
    """Runs the networks. Loads them once; keeps nothing of the audio it has seen."""

    def __init__(self, threads: int = 0, parameters: DiarizationParameters = DEFAULT) -> None:
        self._parameters = parameters
        self._segmenter = Segmenter(threads)
        self._embedder = Embedder(threads)

    def voices(self, audio: Audio, offset_s: float, start_s: float, end_s: float) -> ChunkVoices:
        """The local voices of `[start_s, end_s)`.

        `audio` (16 kHz mono, [-1, 1]) begins at `offset_s` of the recording and should reach 10 s beyond the chunk on
        both sides where the recording does.
        """
        offset = round(offset_s * SAMPLE_RATE)
        step = round(self._parameters.step_s / FRAME_S)
        start, end = round(start_s * SAMPLE_RATE), min(round(end_s * SAMPLE_RATE), offset + len(audio))
        if end <= start:
            return silence(start_s, end_s)
        nearest = (WINDOW_SAMPLES + step * FRAME_SAMPLES) // 2  # the window whose middle is nearest starts no earlier
        windows = windows_of(start - nearest, end, step)
        activity = self._segmenter.activity(audio, windows * FRAME_SAMPLES - offset)
        pieces = self._pieces(windows, activity, start_s, end / SAMPLE_RATE)
        embeddings = self._embedder.embed([_samples(audio, offset, piece) for piece in pieces.tolist()])
        own = windows * FRAME_SAMPLES >= (start or -WINDOW_SAMPLES)
        return ChunkVoices(start_s, end_s, windows[own], activity[own], pieces, embeddings)

    def embed(self, stretches: list[Audio]) -> NDArray[np.float32]:
        """The voice of each stretch as a unit vector."""
        return self._embedder.embed(stretches)

    def speech(self, audio: Audio, offset_s: float, start_s: float, end_s: float) -> list[tuple[float, float]]:
        """When somebody speaks in `[start_s, end_s)`, without telling who; `audio` as for `voices`. Costs a tenth of
        it, and nothing where the sound is silent."""
        offset, step = round(offset_s * SAMPLE_RATE), WINDOW_FRAMES - EDGE_FRAMES
        start, end = round(start_s * SAMPLE_RATE), min(round(end_s * SAMPLE_RATE), offset + len(audio))
        if end <= start:
            return []
        windows = windows_of(start - step * FRAME_SAMPLES, end, step)
        heard = np.array([_is_heard(audio, first * FRAME_SAMPLES - offset) for first in windows.tolist()], dtype=bool)
        activity = np.zeros((len(windows), WINDOW_FRAMES), dtype=np.uint8)
        if heard.any():
            activity[heard] = self._segmenter.activity(audio, windows[heard] * FRAME_SAMPLES - offset).max(axis=-1)
        return self._spans(windows, activity > self._parameters.onset * 255, start_s, end / SAMPLE_RATE)

    def _spans(
        self, windows: NDArray[np.int64], active: NDArray[np.bool_], start_s: float, end_s: float
    ) -> list[tuple[float, float]]:
        runs = solo_runs(windows, np.where(active, 0, SILENT).astype(np.int8), *map(seconds_to_frame, (start_s, end_s)))
        return [(max(start_s, frame_to_seconds(a)), min(end_s, frame_to_seconds(b))) for a, b in runs.tolist()]

    def _pieces(
        self, windows: NDArray[np.int64], activity: NDArray[np.uint8], start_s: float, end_s: float
    ) -> NDArray[np.int64]:
        labels = solo_labels(activity > self._parameters.onset * 255)
        runs = solo_runs(windows, labels, seconds_to_frame(start_s), seconds_to_frame(end_s))
        shortest = round(self._parameters.min_piece_s / FRAME_S)
        longest = round(self._parameters.max_piece_s / FRAME_S)
        return cut(runs, shortest, longest)


def _samples(audio: Audio, offset: int, piece: list[int]) -> Audio:
    first, last = (round(frame_to_seconds(frame) * SAMPLE_RATE) - offset for frame in piece)
    return audio[max(first, 0) : last]


def _is_heard(audio: Audio, first: int) -> bool:
    """Whether any tenth of a second of the window that begins at this sample is audible."""
    window = audio[max(first, 0) : max(first + WINDOW_SAMPLES, 0)]
    blocks = window[: len(window) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    return len(blocks) > 0 and float(np.einsum("ij,ij->i", blocks, blocks).max()) > AUDIBLE**2 * _BLOCK


def silence(start_s: float, end_s: float) -> ChunkVoices:
    """A chunk in which nobody speaks."""
    return ChunkVoices(
        start_s,
        end_s,
        np.empty(0, dtype=np.int64),
        np.empty((0, WINDOW_FRAMES, LOCAL_SPEAKERS), dtype=np.uint8),
        np.empty((0, 2), dtype=np.int64),
        np.empty((0, EMBEDDING_SIZE), dtype=np.float32),
    )
