"""Long recordings made from short ones."""

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE = 16_000


def samples_of(clip: Path) -> NDArray[np.int16]:
    """A recording's samples, mono at 16 kHz."""
    with av.open(str(clip)) as source:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        frames = [out for frame in source.decode(audio=0) for out in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])


def joined(clips: Sequence[Path], to: Path) -> Path:
    """Write recordings one behind the other, as mono FLAC at 16 kHz; returns `to`."""
    samples = np.concatenate([samples_of(clip) for clip in clips])
    return write_repeated(samples, to, len(samples))


def looped(clip: Path, to: Path, duration_s: float) -> Path:
    """Write `clip` again and again until `duration_s`, as mono FLAC at 16 kHz; returns `to`."""
    return write_repeated(samples_of(clip), to, int(duration_s * RATE))


def write_repeated(samples: NDArray[np.int16], to: Path, left: int) -> Path:
    """Write `left` samples to a FLAC file, beginning again when there are no more."""
    with av.open(str(to), "w", format="flac") as target:
        stream = target.add_stream("flac", rate=RATE, layout="mono")
        while left > 0:
            piece = samples[:left]
            left -= len(piece)
            frame = av.AudioFrame.from_ndarray(piece.reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate = RATE
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return to
