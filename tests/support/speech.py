"""Speech for tests: a stretch of the sample meeting (synthetic voices) and the bundled recognition model."""

from pathlib import Path

import numpy as np

from minutebook.speech.ports import Audio
from support.audio import samples_of

SAMPLE = Path(__file__).parents[2] / "samples" / "launch.flac"


def write_pcm(audio: Audio, to: Path) -> Path:
    """Write samples as the decoder does: s16le."""
    to.write_bytes((np.clip(audio, -1, 1) * 32767).astype("<i2").tobytes())
    return to


def sample_meeting(end_s: float) -> Audio:
    """The first seconds of the sample meeting."""
    return samples_of(SAMPLE)[: round(end_s * 16_000)].astype(np.float32) / np.float32(32768)
