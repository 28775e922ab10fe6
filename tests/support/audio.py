"""Long recordings made from short ones."""

from pathlib import Path

import av
import numpy as np

RATE = 16_000


def looped(clip: Path, to: Path, duration_s: float) -> Path:
    """Write `clip` again and again until `duration_s`, as mono FLAC at 16 kHz; returns `to`."""
    with av.open(str(clip)) as source:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        frames = [out for frame in source.decode(audio=0) for out in resampler.resample(frame)]
    samples = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])
    left = int(duration_s * RATE)
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
