"""The voice of a stretch of speech as a unit vector (CAM++).

Wang et al., "CAM++: A fast and efficient network for speaker verification using context-aware masking",
Interspeech 2023.
"""

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minutebook.speech.diarization.model import EMBEDDING_SIZE
from minutebook.speech.models import Model, Network
from minutebook.speech.ports import SAMPLE_RATE, Audio

MEL_BINS = 80
MIN_SAMPLES = SAMPLE_RATE // 5
"""Shorter stretches are extended by silence: the network pools over time and needs some frames."""


def log_mel(audio: Audio) -> NDArray[np.float32]:
    """Kaldi filter-bank features [frames, 80] (25 ms every 10 ms, no dither), mean-normalised over time."""
    knf: Any = importlib.import_module("kaldi_native_fbank")  # its type stubs reject arrays
    options = knf.FbankOptions()
    options.frame_opts.samp_freq = SAMPLE_RATE
    options.frame_opts.dither = 0.0
    options.mel_opts.num_bins = MEL_BINS
    bank = knf.OnlineFbank(options)
    bank.accept_waveform(SAMPLE_RATE, audio)
    bank.input_finished()
    features = np.stack([bank.get_frame(i) for i in range(bank.num_frames_ready)])
    return np.asarray(features - features.mean(axis=0), dtype=np.float32)


class Embedder:
    """The embedding network."""

    def __init__(self, threads: int = 0) -> None:
        self._network = Network(Model.EMBEDDING, threads)

    def embed(self, stretches: list[Audio]) -> NDArray[np.float32]:
        """Unit vectors [len(stretches), 192]."""
        vectors = np.zeros((len(stretches), EMBEDDING_SIZE), dtype=np.float32)
        for row, stretch in enumerate(stretches):
            padded = np.pad(stretch, (0, max(0, MIN_SAMPLES - len(stretch))))
            vectors[row] = self._network(log_mel(padded)[None])[0]
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(norms, np.finfo(np.float32).tiny))
